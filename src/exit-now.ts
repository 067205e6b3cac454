/**
 * Ends the process at once, even while a thread hangs in the kernel.
 * `process.exit` joins worker and pool threads, so a hanging fsync would delay it. Executing another program ends those
 * threads, and unlike SIGKILL to itself it also works for the first process of a container (PID 1).
 */
export function exitNow(code: number): never {
  try {
    process.execve!(process.execPath, [process.execPath, '-e', `process.exitCode = ${code}`], {})
  } catch {
    // execve is missing (Windows, an old Node.js), or there is no memory for it.
  }
  process.kill(process.pid, 'SIGKILL')
  process.exit(code)
}
