/**
 * A journal fault as a command shows it: the service retries automatically, a command ends.
 * @param detail as the service shows it
 */
export const onceOnly = (detail: string): string =>
  detail
    .replace(/; it is tried again$/, '; once it does, run this command again')
    .replace(/, and it goes on by itself$/, ', then run this command again')
