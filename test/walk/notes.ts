import type { Message } from './inbox.ts'
import type { Ran } from './person.ts'

/** What was read on one walk, in its order. */
export interface Walk {
  readonly page: Message
  readonly check: string
  readonly before: Ran
  /** The incident, as text. */
  readonly read: Ran
  /** How it was opened: by a click, or by the command of the page. */
  readonly opened: 'click' | 'command'
  readonly probe: string
  readonly down: Ran
  readonly fix: string
  readonly after: Ran
  readonly up: Ran
  readonly resolved: Message
  readonly closed: Ran
}

const HEAD = `<!-- Made by \`UPDATE_WALK=1 mocha test/walk\` from a real run; that test fails where a text no longer says this. -->
# From the page to the fix

What somebody who was woken meets, who has never seen this service: two walks with the texts of a real run (service,
Prometheus, Alertmanager with the chart's rules and the example's routes and texts, e-mail). Names, times and durations are put
in place of the run's own; nothing else is.
`

/** docs/walkthrough.md. */
export function renderWalks({ certificate, firewall }: Readonly<Record<'certificate' | 'firewall', Walk>>): string {
  return `${HEAD}
## A certificate that expired

The page, by e-mail; chat has the same with short links:

${fence(message(certificate.page))}

1. Paste the check. It says when the certificate ended:

${inStep(fence(notAfter(certificate.before)))}
2. Click *Incident*. It says the same with proof, all checks, how to fix it, and how it ends:

${inStep(fence(first(certificate.read)))}
3. ${certificate.fix}
4. Paste the check again:

${inStep(fence(notAfter(certificate.after)))}
5. Paste the runbook's settings and its probe (click *Runbook* for them), or read the incident again: it is looked at every
   minute while it is open, and says \`from here up\`. Before the fix the probe ended with exit ${certificate.down.code}, now with exit ${certificate.up.code}:

${inStep(fence(certificate.probe, 'sh'))}

${inStep(fence(firstLines(certificate.up.stdout, 3)))}
6. After the quiet time (30 minutes, \`incidents.quietTime\`) it is told that it is over:

${inStep(fence(message(certificate.resolved)))}
7. Click *Incident* for the loss window and the requests, and run them for each merchant:

${inStep(fence(first(certificate.closed)))}

Three clicks, four commands. The dashboard was not needed; it shows the same with what came before.

## A firewall that drops

No address for people is configured here (\`admin.externalUrl\`), the API wants a token (\`admin.apiToken\`), and the page came
before the first look at the endpoint was over, which takes as long as \`probe.timeout\` where nothing answers:

${fence(message(firewall.page))}

1. Paste the *Incident* command. Without the token it answers \`credential_missing\`; with \`TOKEN=…\` set before:

${inStep(fence(whole(firewall.read)))}
2. Paste its first check from your own machine: exit ${firewall.before.code}, nothing answers.
3. ${firewall.fix}
4. Paste the check again: exit ${firewall.after.code}.

${inStep(fence(firewall.after.stdout.split('\r\n', 1)[0]!))}
5. Paste the runbook's settings and its probe. Before the fix exit ${firewall.down.code}, now exit ${firewall.up.code}:

${inStep(fence(firstLines(firewall.up.stdout, 7)))}
6. After the quiet time:

${inStep(fence(message(firewall.resolved)))}
7. Paste the command again for the loss window and the requests:

${inStep(fence(first(firewall.closed)))}

One click (the runbook), six commands.

## Where only the platform cannot get through

Where a firewall drops the platform's packets and not ours, probes are good: the page says "Probes from here succeed", the checks
begin with the access log, and the end of the incident is told with a caution, since a probe goes another way than the platform.
Of that case see \`timeout_up\` in [remedies](remedies.md#timeout_up) and the rule \`up\` in [verdicts](verdicts.md).
`
}

const fence = (text: string, language = ''): string => `\`\`\`${language}\n${text.trim()}\n\`\`\``
const inStep = (text: string): string => text.replaceAll(/^(?=.)/gm, '   ')
const message = ({ title, text }: Message): string => `${title}\n\n${text.trim()}`
const notAfter = ({ stdout }: Ran): string => /^notAfter=.*$/m.exec(stdout)![0]
const firstLines = (text: string, count: number): string => text.split('\n').slice(0, count).join('\n')
const whole = ({ stdout }: Ran): string => stdout.split('\nRead again')[0]!
/** What it says before its checks; of one that is over what is to be read again too. */
const first = ({ stdout }: Ran): string => stdout.split(/\n\n(?:The certificate of|Nothing answers|More)/)[0]!

/** When and where things happened, for names and times that read like a night. */
export interface Facts {
  readonly port: number
  readonly scheme: 'http' | 'https'
  /** Origin of the admin listener. */
  readonly admin: string
}

const NIGHT = '2026-11-24'
const TIME = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`
const DAYTIME = String.raw`\d{4}-\d\d-\d\d [\d:]+ UTC`
/** In this order. What stands for a time says what it is the time of. */
const TIMES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`Open since ${DAYTIME}`, 'g'), `Open since ${NIGHT} 02:11:07 UTC`],
  [new RegExp(`\\(valid until ${DAYTIME}\\)`, 'g'), `(valid until ${NIGHT} 01:31:07 UTC)`],
  [new RegExp(`until ${DAYTIME} at the latest`, 'g'), `until ${NIGHT} 02:49:32 UTC at the latest`],
  [new RegExp(`open since ${TIME} \\([^)]*\\)`, 'g'), `open since ${NIGHT}T02:11:07.400Z (2 minutes)`],
  [new RegExp(`closed at ${TIME}, after .*`, 'g'), `closed at ${NIGHT}T02:49:30.900Z, after 38 minutes`],
  [new RegExp(`(the last at|first failure at) ${TIME}`, 'g'), `$1 ${NIGHT}T02:11:07.400Z`],
  [new RegExp(`no report until ${TIME}|it was quiet for long enough`, 'g'), `no report until ${NIGHT}T02:41:07.400Z`],
  [new RegExp(`(before the first failure.*,? until) ${TIME}`, 'g'), `$1 ${NIGHT}T02:19:30.100Z`],
  [new RegExp(`now valid until ${TIME}`, 'g'), 'now valid until 2027-02-22T02:15:00.000Z'],
  [
    new RegExp(`certificate of (.*), until ${TIME} \\(.*\\)`, 'g'),
    'certificate of $1, until 2027-02-22T02:15:00.000Z (90 days)',
  ],
  [new RegExp(`\\(valid until ${TIME}\\)`, 'g'), `(valid until ${NIGHT}T01:31:07.000Z)`],
  [/\(\d+ \w+ ago\)/g, '(9 seconds ago)'],
  [/expired \d+ minutes ago/g, 'expired 40 minutes ago'],
  [/within \d+ ms/g, 'within 10000 ms'],
  [/\d+\.\d ms/g, '4.0 ms'],
  [/\bin \d+ ms/g, 'in 40 ms'],
  [/of 2 good probes/g, 'of 3 good probes'],
  [/from=\d+/g, `from=${Date.parse(`${NIGHT}T02:11:07.400Z`) - 1_800_000}`],
]

/** Puts a night's names and times in the place of the run's. */
export function told(text: string, { port, scheme, admin }: Facts): string {
  const named = text
    .replaceAll(admin, 'https://webhooks.shop.example')
    .replaceAll(`//localhost:${port}`, '//shop.example')
    .replaceAll(`localhost:${port}`, `shop.example:${scheme === 'https' ? 443 : 80}`)
    .replaceAll(new RegExp(`port ${port}\\b`, 'g'), `port ${scheme === 'https' ? 443 : 80}`)
    .replaceAll('localhost', 'shop.example')
    .replaceAll(/127\.0\.0\.1(?= answers)/g, 'menu.shop.svc')
    .replaceAll(/http:\/\/127\.0\.0\.1:(?!9464)\d+\/hooks/g, 'http://menu.shop.svc/hooks')
    .replaceAll(/at (127\.0\.0\.1|::1)$/gm, 'at 192.0.2.7')
  const timed = TIMES.reduce((so, [pattern, by]) => so.replaceAll(pattern, by), named)
  return timed.replaceAll(/notAfter=.*/g, (line) =>
    Date.parse(line.slice('notAfter='.length)) > Date.now()
      ? 'notAfter=Feb 22 02:15:00 2027 GMT'
      : 'notAfter=Nov 24 01:31:07 2026 GMT',
  )
}

/** What is over of the deliveries: the end of alerts that they had kept silent may ride along, or come later. */
const deliveries = (text: string): string =>
  text.split(/\n\n+/).find((part) => part.includes('Webhook deliveries failing')) ?? text

/** The same walk, in those words. */
export function toldWalk(walk: Walk, facts: Facts): Walk {
  const ran = ({ code, stdout, stderr }: Ran): Ran => ({
    code,
    stdout: told(stdout, facts),
    stderr: told(stderr, facts),
  })
  const sent = ({ title, text, ...rest }: Message): Message => ({
    ...rest,
    title: told(title, facts),
    text: told(text, facts),
  })
  const { page, check, before, read, down, after, up, resolved, closed } = walk
  return {
    ...walk,
    page: sent(page),
    check: told(check, facts),
    before: ran(before),
    read: ran(read),
    down: ran(down),
    after: ran(after),
    up: ran(up),
    resolved: sent({ ...resolved, text: deliveries(resolved.text) }),
    closed: ran(closed),
  }
}
