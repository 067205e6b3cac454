/**
 * Ends the process at once, even while a thread hangs in the kernel. `process.exit` joins worker and pool threads, so an
 * fsync that hangs would hold it up. Executing another program ends them, and unlike a signal to itself it also works for
 * the first process of a container.
 */
export function exitNow(code: number): never {
  try {
    process.execve!(process.execPath, [process.execPath, '-e', `process.exitCode = ${code}`], {})
  } catch {
    // No such call (Windows, an old Node.js), or no memory left for it.
  }
  process.kill(process.pid, 'SIGKILL')
  process.exit(code)
}
