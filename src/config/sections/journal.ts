import { Type } from 'typebox'
import { object, path, strict } from '../../schema-fields.ts'
import { duration, size } from '../fields.ts'

export const JournalSection = object(
  {
    url: Type.String({
      pattern: '^(sqlite:.+|postgres(ql)?://.+)$',
      maxLength: 4_096,
      default: 'sqlite:./data/journal.db',
      description:
        'sqlite:PATH, relative to the working directory; or postgres://USER@HOST:PORT/DATABASE, which several replicas may share, see docs/postgresql.md.',
    }),
    urlFile: Type.Optional(
      path(
        'File that holds the URL, instead of url and JOURNAL_URL; a password in it is read again at each connection, so that it may be rotated.',
        '/secrets/journal/url',
      ),
    ),
    passwordFile: Type.Optional(
      path(
        'File that holds the password for PostgreSQL; read at each connection, so that it may be rotated.',
        '/secrets/postgresql/password',
      ),
    ),
    allowUnsafeDurability: Type.Boolean({
      default: false,
      description:
        'Whether a PostgreSQL server with fsync = off or synchronous_commit = off is accepted, at the risk of losing acknowledged reports.',
    }),
    spill: Type.Optional(
      Type.Object(
        {
          path: path('The SQLite file; on a volume that outlives the pod.', '/data/spill.db'),
          size: size('256MiB', '1MiB', '16TiB', 'Largest size of the file; beyond it no report is accepted.'),
        },
        {
          ...strict,
          description:
            'Keeps reports in a local file while PostgreSQL is unavailable, and moves them on when it is back. Off by default.',
        },
      ),
    ),
    retention: object(
      {
        age: duration('30d', '1m', '520w', 'Older failures are removed.'),
        size: size('1GiB', '1MiB', '16TiB', 'Above this size of the journal the oldest failures are removed.'),
      },
      'How much the journal retains.',
    ),
  },
  'The durable store of failures.',
)
