import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Program, requireProgram } from './programs.ts'
import { tempFolder } from './temp.ts'

/** A real Chromium, driven over the DevTools protocol (chromedevtools.github.io/devtools-protocol). */
export interface Browser {
  open(options?: TabOptions): Promise<Tab>
  close(): Promise<void>
}

export interface TabOptions {
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
  /** Whether scripts of the page run; those of `evaluate` always do. */
  readonly scripts?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** Runs in each page before its own scripts. */
  readonly before?: string
}

export interface Tab {
  /** Messages of the console that are errors, and refusals of the content security policy. */
  readonly errors: readonly string[]
  /** Loads an address and waits for the event `load`. */
  goto(url: string): Promise<void>
  /** The value of an expression in the page, awaited. */
  evaluate(expression: string): Promise<Fields>
  /** Types text, or presses a key by its name, as the keyboard does. */
  press(key: string): Promise<void>
  /** Does something that makes the page load another one, and waits for that. */
  navigate(action: () => Promise<unknown>): Promise<void>
  /** The whole page as a PNG file. */
  screenshot(file: string): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: messages of the protocol are looked at field by field
type Fields = any
type Message = {
  id?: number
  method?: string
  params?: Fields
  result?: Fields
  error?: { message: string }
  sessionId?: string
}

/** @returns the browser, or skips the test if there is none */
export const requireBrowser = async (context: Mocha.Context): Promise<Browser> =>
  startBrowser(await requireProgram(context, 'chromium'))

export async function startBrowser({ path, env }: Program): Promise<Browser> {
  const home = tempFolder()
  // The sandbox needs rights that root in a container does not have; the pages are our own.
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars']
  const child = spawn(path, [...flags, '--remote-debugging-port=0', `--user-data-dir=${home}`, 'about:blank'], {
    env: { ...env, HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { send, on, socket } = await connect(await devtools(child))
  return {
    open: (options) => openTab({ send, on }, options),
    async close() {
      const ended = new Promise((resolve) => child.once('close', resolve))
      socket.close()
      child.kill('SIGKILL')
      await ended
    },
  }
}

function devtools(child: ChildProcess): Promise<string> {
  const lines: string[] = []
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      lines.push(line)
      const [, url] = /^DevTools listening on (ws:\S+)/.exec(line) ?? []
      if (url) resolve(url)
    })
    child.on('error', reject)
    child.on('close', (code) => reject(new Error(`chromium ended with ${code}: ${lines.slice(-5).join('; ')}`)))
  })
}

type Send = (method: string, params?: object, sessionId?: string) => Promise<Fields>
type On = (sessionId: string, handler: (method: string, params: Fields) => void) => void

async function connect(url: string): Promise<{ send: Send; on: On; socket: WebSocket }> {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const handlers = new Map<string, (method: string, params: unknown) => void>()
  let last = 0
  socket.onmessage = ({ data }) => {
    const { id, method, params, result, error, sessionId } = JSON.parse(String(data)) as Message
    if (id === undefined) {
      if (sessionId) handlers.get(sessionId)?.(method!, params)
      return
    }
    if (error) waiting.get(id)?.reject(new Error(error.message))
    else waiting.get(id)?.resolve(result)
    waiting.delete(id)
  }
  return {
    socket,
    on: (sessionId, handler) => handlers.set(sessionId, handler),
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        const id = ++last
        waiting.set(id, { resolve, reject })
        socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }))
      }),
  }
}

async function openTab(
  { send, on }: { send: Send; on: On },
  { width = 1_280, height = 800, dark = false, scripts = true, headers = {}, before }: TabOptions = {},
): Promise<Tab> {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
  const call = (method: string, params?: object) => send(method, params, sessionId)
  const errors: string[] = []
  let loaded = () => {}
  on(sessionId, (method, params) => {
    if (method === 'Page.loadEventFired') loaded()
    if (method === 'Log.entryAdded' && params.entry.level === 'error') errors.push(params.entry.text)
    if (method === 'Runtime.exceptionThrown') errors.push(params.exceptionDetails.text)
  })
  for (const domain of ['Page', 'Log', 'Runtime', 'Network']) await call(`${domain}.enable`)
  await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
  await call('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
  })
  await call('Emulation.setScriptExecutionDisabled', { value: !scripts })
  await call('Network.setExtraHTTPHeaders', { headers })
  if (before !== undefined) await call('Page.addScriptToEvaluateOnNewDocument', { source: before })
  const navigate = async (action: () => Promise<unknown>) => {
    const done = new Promise<void>((resolve) => {
      loaded = resolve
    })
    await action()
    await done
  }
  return {
    errors,
    navigate,
    goto: (url) => navigate(() => call('Page.navigate', { url })),
    async evaluate(expression) {
      const { result, exceptionDetails } = await call('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
      })
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    },
    async press(key) {
      const codes: Readonly<Record<string, number>> = { Tab: 9, Enter: 13 }
      const code = codes[key]
      if (code === undefined) return call('Input.insertText', { text: key })
      const event = { key, code: key, windowsVirtualKeyCode: code, ...(key === 'Enter' && { text: '\r' }) }
      await call('Input.dispatchKeyEvent', { type: 'keyDown', ...event })
      await call('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    async screenshot(file) {
      const { data } = await call('Page.captureScreenshot', { captureBeyondViewport: true })
      writeFileSync(file, Buffer.from(data, 'base64'))
    },
  }
}
