import { spawn } from 'node:child_process'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
/** The stand-ins of platform and application, and the demo. */
export const TOOLS = join(import.meta.dirname, '../../tools/demo/main.ts')

export interface CommandResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a command of the program as a real process. `env` is laid over this process's; undefined removes a variable. */
export function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  { main = MAIN, stdin }: { readonly main?: string; readonly stdin?: string | undefined } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  child.stdin?.end(stdin)
  let [out, err] = ['', '']
  child.stdout!.on('data', (chunk) => {
    out += chunk
  })
  child.stderr!.on('data', (chunk) => {
    err += chunk
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

/** The same for a command of tools/demo. */
export const runTool = (args: readonly string[], env?: Parameters<typeof runCommand>[1]): Promise<CommandResult> =>
  runCommand(args, env, { main: TOOLS })
