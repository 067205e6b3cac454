/** Names under which lists put their items. */
const LISTS = ['data', 'invoices', 'orders', 'customers', 'items', 'results', 'records']

/**
 * A list of an API, page by page, one in memory at a time. The next page is the link that the answer names (`links.next`,
 * `next_page_url`, `next`), else the next number up to `last_page` or `total_pages`; without any of these the list is one
 * page. A link to another host is refused: the token must not go there.
 * @param cursor where to go on: what an earlier page gave as `next`; undefined for the first page
 * @yields {{items: object[], next: string | null}}
 */
export async function* listPages({ url, headers, cursor, fetchJson }) {
  let here = cursor ?? url
  while (here !== null) {
    const document = await fetchJson(here, { headers })
    const items = Array.isArray(document) ? document : (LISTS.map((name) => document[name]).find(Array.isArray) ?? [])
    const next = items.length === 0 ? null : nextOf(document, here)
    yield { items, next }
    here = next
  }
}

function nextOf(document, here) {
  const link = document.links?.next ?? document.next_page_url ?? document.next
  if (typeof link === 'string' && link !== '') {
    const next = new URL(link, here)
    if (next.origin !== new URL(here).origin) throw new Error(`the next page is on another host: ${next.host}`)
    if (next.href === new URL(here).href) throw new Error('the next page is the page itself')
    return next.href
  }
  const about = { ...document, ...document.meta, ...document.pagination }
  const page = Number(about.current_page ?? about.page ?? new URL(here).searchParams.get('page') ?? 1)
  if (!(page < Number(about.last_page ?? about.total_pages))) return null
  const next = new URL(here)
  next.searchParams.set('page', String(page + 1))
  return next.href
}
