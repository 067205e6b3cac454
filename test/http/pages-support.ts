export const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

export const NOBODY = '00000000-0000-7000-8000-000000000000'

export const read = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { headers: { Accept: BROWSER, ...headers }, redirect: 'manual' })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** What a page says, without its markup. */
export const words = (page: string): string =>
  page
    .replace(/<(style|script)[^>]*>.*?<\/\1>/gs, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/\s+/g, ' ')
