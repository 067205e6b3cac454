import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { listening } from '../support/sockets.ts'

/** What a person on call is sent. */
export interface Message {
  readonly by: 'slack' | 'email'
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly title: string
  /** Where a click on the title leads; Slack alone. */
  readonly titleLink?: string
  readonly text: string
}

export interface Inbox {
  /** For `api_url`. */
  readonly slack: string
  /** For `smtp_smarthost`. */
  readonly smarthost: string
  /** In order of arrival. */
  readonly messages: readonly Message[]
  close(): Promise<void>
}

/** Stands for Slack and for a mail server: takes what Alertmanager really sends to them. */
export async function openInbox(): Promise<Inbox> {
  const messages: Message[] = []
  const take = (message: Omit<Message, 'at'>) => void messages.push({ ...message, at: Date.now() })
  const slack = await listening(
    createHttpServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { attachments } = JSON.parse(Buffer.concat(chunks).toString())
        for (const { title, title_link, text } of attachments)
          take({ by: 'slack', title, titleLink: title_link, text: shown(text) })
        response.end('ok')
      })
    }),
  )
  const mail = createServer((socket) => converse(socket, (text) => take({ by: 'email', ...read(text) })))
  const smtp = await listening(mail)
  return {
    slack: `http://127.0.0.1:${slack.port}/`,
    smarthost: `127.0.0.1:${(mail.address() as AddressInfo).port}`,
    messages,
    async close() {
      await Promise.all([slack.close(), smtp.close()])
    },
  }
}

/** Slack shows these three as what they stand for (api.slack.com, "Formatting text for app surfaces"). */
const shown = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** The server's part of SMTP (RFC 5321), without extensions. */
function converse(socket: Socket, take: (message: string) => void): void {
  let pending = ''
  let data: string[] | undefined
  socket.on('error', () => {})
  socket.write('220 inbox.example\r\n')
  socket.on('data', (chunk: Buffer) => {
    const lines = (pending + chunk.toString('utf8')).split('\r\n')
    pending = lines.pop()!
    for (const line of lines) {
      if (data && line === '.') {
        take(data.join('\n'))
        data = undefined
        socket.write('250 taken\r\n')
      } else if (data) data.push(line.replace(/^\.\./, '.'))
      else if (/^DATA/i.test(line)) {
        data = []
        socket.write('354 go on\r\n')
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
      else socket.write('250 ok\r\n')
    }
  })
}

/** The subject and the plain part of a multipart message (RFC 2045 to 2047). */
function read(message: string): { title: string; text: string } {
  const [head = '', ...rest] = message.split('\n\n')
  const body = rest.join('\n\n')
  const boundary = /boundary="?([^";\n]+)/i.exec(head)?.[1]
  const plain = body.split(`--${boundary}`).find((part) => /content-type: text\/plain/i.test(part)) ?? body
  const [partHead = '', ...partBody] = plain.replace(/^\n/, '').split('\n\n')
  const text = partBody.join('\n\n')
  const subject = /^subject: (.*(?:\n[ \t].*)*)/im.exec(head)?.[1] ?? ''
  return {
    title: words(subject),
    text: /quoted-printable/i.test(partHead) ? quotedPrintable(text.replaceAll('=\n', '')) : text,
  }
}

const quotedPrintable = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})|([^=])/gi, (_, hex: string | undefined, plain: string | undefined) =>
      hex ? hex.toLowerCase() : Buffer.from(plain!).toString('hex'),
    ),
    'hex',
  ).toString('utf8')

const words = (text: string): string =>
  text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?q\?(.*?)\?=/gi, (_, word: string) => quotedPrintable(word.replaceAll('_', ' ')))
