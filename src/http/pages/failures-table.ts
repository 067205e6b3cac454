import type { Failure } from '../../domain/report/failure.ts'
import { type Html, text } from './html.ts'
import { link, moment, table } from './parts.ts'
import { paths, type Site } from './site.ts'

const NAME_LENGTH = 120
const MESSAGE_LENGTH = 160

/** Failures, each with the way to its page. */
export const failuresTable = (
  failures: readonly Failure[],
  { base }: Pick<Site, 'base'>,
  { caption, none }: { readonly caption: string; readonly none: string },
): Html =>
  table({
    id: 'failures',
    caption,
    columns: ['Received', 'Endpoint', 'Source', 'Code', 'Cause', 'Message'],
    rows: failures.map(({ id, receivedAt, endpoint, source, code, cause, message, mark }) => [
      link(`${base}${paths.failure(id)}`, moment(receivedAt)),
      link(`${base}${paths.endpoint(endpoint)}`, text(endpoint, NAME_LENGTH)),
      source,
      code,
      mark ? `${cause} (${mark})` : cause,
      text(message, MESSAGE_LENGTH),
    ]),
    none,
  })
