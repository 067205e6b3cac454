/** Foreign text for people: on one line, without control, format or surrogate characters, at most `limit` characters. */
export function plain(text: string, limit: number): string {
  const line = text
    .slice(0, limit * 4)
    .replace(/\r?\n/g, ', ')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}
