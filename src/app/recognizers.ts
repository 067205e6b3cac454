import type { Config } from '../config/schema.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import { longSecret, type secretReader } from '../probe/secrets.ts'
import { type Recognizer, recognizer } from '../signature/recognizer.ts'
import { parseStandardWebhookKey } from '../signature/standard-webhook-keys.ts'

/** Milliseconds after which a changed secret counts. */
const RELOAD = 5_000

/** Characters of a secret, which the platform has chosen: fewer could be guessed. */
const LEAST = 16

type Routes = NonNullable<Config['proxy']>['routes']
type Platform = NonNullable<Routes[number]['platform']>

export interface RecognizerDeps {
  readonly readSecret: ReturnType<typeof secretReader>
  readonly log: Pick<Log, 'warn'>
  readonly clock: Clock
}

/** The routes, each with what recognizes its platform. Secrets are read now, and again until `stop`. */
export async function withRecognizers(routes: Routes, deps: RecognizerDeps) {
  const reloads: (() => Promise<void>)[] = []
  const all = routes.map((route, index) => {
    const { platform } = route
    if (!platform) return route
    let keys: readonly Uint8Array[] = []
    const read = platform.secrets.map((place, at) =>
      longSecret({
        owner: `proxy.routes[${index}].platform.secrets[${at}]`,
        read: async () => checked(platform, await deps.readSecret(place)),
        log: deps.log,
        least: LEAST,
      }),
    )
    reloads.push(async () => {
      const texts = await Promise.allSettled(read.map((each) => each()))
      keys = texts.flatMap((text) => (text.status === 'fulfilled' ? [keyOf(platform, text.value)] : []))
    })
    const recognize: Recognizer = recognizer(platform, { keys: () => keys, clock: deps.clock })
    return { ...route, recognize }
  })
  const reload = () => Promise.all(reloads.map((each) => each()))
  await reload()
  const timer = setInterval(() => void reload(), RELOAD)
  return { routes: all, stop: () => clearInterval(timer) }
}

function checked({ kind }: Platform, text: string): string {
  const key = kind === 'standard-webhooks' ? parseStandardWebhookKey(text) : undefined
  if (typeof key === 'string') throw new Error(`the secret ${key}`)
  if (key && key.kind !== 'hmac') throw new Error('the secret is a key pair’s; write one that begins with whsec_')
  return text
}

function keyOf({ kind }: Platform, text: string): Uint8Array {
  const key = kind === 'standard-webhooks' ? parseStandardWebhookKey(text) : undefined
  return typeof key === 'object' && key.kind === 'hmac' ? key.secret : Buffer.from(text)
}
