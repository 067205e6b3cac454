import type { PagesDeps } from './deps.ts'
import { html, text } from './html.ts'
import type { Page } from './layout.ts'
import { facts, moment } from './parts.ts'

/** Characters of the configuration: 500 endpoints fit. */
const LONGEST = 2_000_000

/** `GET /status`: build, flags, and the configuration in force. */
export async function runtimePage({ runtime }: Pick<PagesDeps, 'runtime'>): Promise<Page> {
  const configuration = await runtime.configuration()
  return {
    title: 'Configuration and build',
    main: html`<h1>Configuration and build</h1>
${facts('Build and process', [...runtime.build, ['Started', moment(runtime.startedAt)]])}
<h2>Flags and environment</h2>
${facts('What the process was started with', runtime.flags())}
<h2>Configuration</h2>
<p>In force, defaults included. Secrets are named, never shown; credentials and ids in URLs are masked.</p>
<pre>${configuration.split('\n').map((line) => [text(line, LONGEST), '\n'])}</pre>`,
  }
}
