import { humanDuration, rfc3339 } from '../../domain/text/human.ts'
import { address, type Content, type Html, html } from './html.ts'

/** A moment, milliseconds since the epoch, to the second in UTC; `never` where there is none. */
export function moment(at: number | null | undefined, never: Content = ''): Content {
  if (at == null) return never
  const iso = rfc3339(at)
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`
}

export const ago = (at: number, now: number): string => `${humanDuration(now - at)} ago`

export const link = (href: string, content: Content): Html => html`<a href="${address(href)}">${content}</a>`

/** A word of state; `good` and `bad` also have a colour. */
export const state = (word: Content, kind: 'good' | 'bad' | 'soft'): Html => html`<span class="${kind}">${word}</span>`

export interface Table {
  /** Unique on its page. */
  readonly id: string
  readonly caption: Content
  readonly columns: readonly string[]
  /** The first cell of a row is its header. */
  readonly rows: readonly (readonly Content[])[]
  /** Said instead of a table without rows. */
  readonly none: string
}

/** Columns of sentences. */
const WIDE = new Set(['Verdict', 'First check', 'Message', 'Detail'])

export const tableRow = ([header, ...cells]: readonly Content[]): Html =>
  html`<tr><th scope="row">${header}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`

/** A data table; where it is wider than the screen, it scrolls on its own, also by keyboard. */
export function table({ id, caption, columns, rows, none }: Table): Html {
  return rows.length === 0 ? html`<p>${none}</p>` : tableOf({ id, caption, columns }, rows.map(tableRow))
}

/** The same of rows that are markup already. */
export function tableOf(
  { id, caption, columns }: Pick<Table, 'id' | 'caption' | 'columns'>,
  rows: readonly Html[],
): Html {
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table>
<caption id="${id}">${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${WIDE.has(column) && html` class="wide"`}>${column}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></div>`
}

/** Names and values, as a table with row headers. */
export const facts = (caption: Content, rows: readonly (readonly [string, Content])[]): Html =>
  html`<table class="facts"><caption>${caption}</caption><tbody>
${rows.map(tableRow)}</tbody></table>`

/** A part of the page that the script replaces when it changes. */
export const part = (content: Content): Html => html`<div data-part="">${content}</div>
`

export const steps = (items: readonly string[]): Html =>
  html`<ol>${items.map((item) => html`<li>${commands(item)}</li>`)}</ol>`

/** Text in which commands are in backquotes. */
export const commands = (sentence: string): Content =>
  sentence.split('`').map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : piece))
