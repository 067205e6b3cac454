import { list, type Rule } from '../phrases.ts'

const source = 'general: what is the matter and the thing that has it, in either order; weaker than any exact text'

/** Pairs of words that say of a connection the same in whatever wording, for clients that nobody knew of. */
export const WORDINGS: readonly Rule[] = [
  {
    id: 'wording.dns',
    cause: 'dns',
    rank: 'phase',
    source,
    phrases: list(`
      failed|unable|cannot|couldnt|cant|error|not|failure|problem {3} resolve|resolving|resolved,
      resolve|resolving|resolution|resolver {5} failed|failure|fail|fails|unsuccessful|impossible,
      resolving|resolution|resolver {5} error, resolve {1} error,
      host|hostname|domain|nameserver {4} not|cannot|couldnt {2} found|resolved|known|exist|exists|looked,
      unknown {2} host|hostname, nonexistent|unresolvable|unresolved {2} host|hostname|domain,
      host|hostname|domain|name|address|dns {2} lookup,
      not|unable|failed|failure {2} find|locate|lookup {3} domain|hostname|host|nameserver|server|dns,
      domain|hostname {3} not {1} registered|configured|active|delegated, no such domain|hostname|host,
      invalid|bad|wrong|unknown {1} domain|hostname, name server|servers failure|failed|error|unreachable,
      not|unable|failed {3} find|determine|get {3} ip|address,
      host|hostname|domain|server|ip address {3} not {2} determined|translated|looked,
      not|unable|failed {2} translate|determine {3} hostname|host|domain|address,
      domain {2} expired|unregistered|undelegated,
      host|hostname|domain|server dns name {3} not {2} recognized|recognised|registered, host name|names not {2} recognized|recognised|found,
      address for|of host {2} not {1} available, dominio {2} no existe|encontrado, domaine {2} inexistant|introuvable|inconnu,
      host|hostname|domain {2} cannot be found, server ip not found
    `),
  },
  {
    id: 'wording.connect',
    cause: 'connection_refused',
    rank: 'outer',
    source,
    phrases: list(`
      not|unable|failed|failure|failing|impossible {3} reach|reached|contact|contacted|connect|connected|connecting|dial,
      connection {6} not {1} established|made|opened|created,
      server|host|endpoint|destination|receiver|listener|site|url {3} not {2} reachable|reached|contacted|connected,
      not|unable|failed|failure|error {2} make|making|open|opening|create|creating|establish|establishing {3} connection|socket,
      not {1} establish|open|start|initiate|initialize|create {4} session,
      trouble|problem|problems|difficulty|issue|issues|error|errors {2} connecting|reaching|contacting,
      unable|not|failed|failure|cannot {2} access {3} url|endpoint|server|host|site|webhook|address,
      url|endpoint|server|host|site|webhook {2} not {1} accessible,
      connecting|connection|connect {5} unsuccessful, connect fail, connect fails,
      connection {6} not {1} initialized|initialised|initiated|started|completed|performed,
      not {1} open {2} url, impossible {2} joindre|contacter|atteindre, server|host|endpunkt|ziel {2} nicht erreichbar, nicht erreichbar, injoignable,
      not {1} accepting {1} requests, no {1} se pudo conectar|alcanzar, non raggiungibile, não foi possível alcançar,
      failed|failing|unsuccessful {1} connection|connections|connects, connectivity error|failure|problem|issue, connection problem|issue
    `),
  },
  {
    id: 'wording.aiohttp',
    cause: 'connection_refused',
    rank: 'reason',
    source: 'aiohttp client_exceptions.py: the setting of ssl stands before the error of connect()',
    phrases: list(`ssl {1} connect call failed`),
  },
  {
    id: 'wording.refused',
    cause: 'connection_refused',
    rank: 'phase',
    source,
    phrases: list(`
      refused|refuses|refusing|refuse|declined|rejected {3} connection|connections|connect,
      connection|connect|connections {3} refused|declined|rejected,
      nobody|nothing|none {3} listening|listens, not accept {1} connections, no listener,
      port {2} not open, denied {1} connection, not|isnt|stopped {2} accepting {1} connections,
      host|server|endpoint|peer|destination {3} not accept|accepted|accepting {3} connection|connections
    `),
  },
  {
    id: 'wording.reset',
    cause: 'connection_reset',
    rank: 'phase',
    drop: true,
    source,
    phrases: list(`
      connection|socket|peer|tcp {3} reset, reset {3} connection|peer|socket, send|sending|write|writing {1} header|headers|payload failed|failure|error,
      pipe {2} broken|broke,
      forced|forcibly|forcefully|abruptly {5} close|closed|closing|disconnected, rst {2} received|sent,
      sent|send|sends|received|got {1} rst, aborted by {2} peer|remote|server|host,
      connection|connections|socket|tcp resets, reset|resetted connections|sockets
    `),
  },
  {
    id: 'wording.closed',
    cause: 'protocol',
    rank: 'phase',
    drop: true,
    source,
    phrases: list(`
      
      connection|socket|stream|channel|session|server|peer {3} closed|closing|dropped|lost|terminated|ended|interrupted|disconnected|vanished,
      closed|dropped|terminated|ended|disconnected|interrupted|cut {3} connection|socket|stream,
      response|reply|body|headers|header|answer {3} incomplete|truncated|short|missing|empty|ended|aborted|cut|partial|interrupted|unfinished,
      no|without|empty|zero|incomplete|partial|truncated|premature|unfinished {2} response|reply|answer|body|headers,
      fewer|less {1} bytes|data, received 0 bytes, shut|shuts|shutting|shutdown {3} connection|socket,
      connection|socket {3} shut|shutdown, went away, gone away, cut off, broke off, hung up, hang up,
      blank|null|void response|reply|answer, premature {2} close|closed|closure|end|termination
    `),
  },
  {
    id: 'wording.malformed',
    cause: 'protocol',
    rank: 'phase',
    source,
    phrases: list(`
      too {1} headers|header, size {3} over|exceeds|exceeded {2} limit,
      response|body|content {3} exceeds, line ending, not {3} valid http,
      invalid|bad|malformed|illegal|corrupt|garbled|unexpected|unparsable|unparseable|overlong|oversized|duplicate {2} header|headers|chunk|chunks|frame|frames|response|reply|encoding|answer|data,
      invalid|bad|malformed|illegal {1} status,
      response|headers|header|content|answer|body {3} too long|short,
      response|headers|header|answer {3} too large|big,
      failed|unable|cannot|couldnt|error|not {3} parse|parsing|decode|decoding {3} response|header|headers|body|reply|answer,
      header|headers|response|status|chunk|body|reply|string|literal|frame {6} not|failed|couldnt|cannot {3} parsed|decode|decoded|understood|parse|interpreted,
      response|header|headers|body|answer {4} exceeded|exceeds|over {3} limit|maximum|max,
      more than one status, reset {1} stream, http version,
      http {2} instead of https, https {2} instead of http, http {2} not https, https {2} not http,
      no|not {1} http server, expected|expecting {1} http|https,
      wrong|unsupported|mismatched|unknown {1} protocol, not http,
      not {2} speak|speaking|talk|understand {2} http|https|tls|ssl,
      unexpected|mismatching {1} protocol,
      response|header|headers|reply|answer {2} malformed|corrupt|garbled|illegible, http|https|tls|ssl {2} expected {3} received|got|found,
      not|unable|failed {2} understand|interpret|process {2} response|reply|answer, response|reply|answer {5} not {3} understand|interpret|process
    `),
  },
  {
    id: 'wording.unreachable',
    cause: 'unreachable',
    rank: 'phase',
    source,
    phrases: list(`
      host|network|destination|net|route|address {3} unreachable|unroutable|down,
      no {2} route|path|network, network {2} not available,
      host|server|address not {1} on {1} network,
      packets|packet|traffic {3} not {2} routed|delivered|forwarded,
      routing|route error|failure|problem
    `),
  },
  {
    id: 'wording.timeout',
    cause: 'timeout',
    rank: 'phase',
    source,
    phrases: list(`
      exceeded|exceeds|exceeding|exceed {4} time|timeout|deadline|duration|seconds,
      not|no|without|never {6} within|in|after {3} seconds|second|ms|milliseconds|sec|s|minutes|minute,
      aborted|cancelled|canceled|stopped|terminated|closed {2} after {2} seconds|second|ms|milliseconds|sec|s|minutes|minute,
      gave|give|giving|given up waiting, not|failed|fails|failing|unable {4} in time,
      took|takes|taking|waited|waiting {3} long|longer|seconds, longer than, deadline, too slow,
      slow {2} respond, time|period|wait {3} expired|elapsed|exceeded|out,
      wait|waiting {4} expired|elapsed, waiting|allotted|allowed time {9} expired|elapsed|exceeded|over,
      not|didnt|never|doesnt|isnt {2} respond|responding|answer|answering|reply|replying, unresponsive,
      stalled, hung, timely,
      time limit {2} reached|hit|passed, slow response|responses|server|endpoint,
      not {3} quickly|promptly|soon {1} enough,
      no|not|without|never {6} within|in {4} time|limit|deadline|period|timeframe|window,
      stopped|quit|tired|abandoned {1} waiting, time is|was up, out of time, exceeded|exceeds|over {2} second|seconds|ms|minute {1} limit,
      délai {3} dépassé, tiempo {3} agotado, tempo {3} excedido|esgotado|scaduto
    `),
  },
  {
    id: 'wording.tls',
    cause: 'tls',
    rank: 'phase',
    source,
    phrases: list(`
      ssl|tls {4} failed|failure|error|problem|invalid|rejected|unsupported|mismatch|fail|fails,
      failed|failure|error|problem|unable|cannot|couldnt {4} ssl|tls,
      ssl|tls {2} not {1} supported|established|available|enabled,
      secure|encrypted {2} connection|channel, cipher|ciphers, handshakes,
      requires|require|required {2} tls|ssl, untrusted, self signed,
      ssl|tls|https {6} fehler|fehlgeschlagen|erreur|échoué|error|fallo|falló|falha|erro|errore|fallito|fout|mislukt|błąd|ошибка|hata|失败|错误|失敗,
      fehler|erreur|error|fallo|falha|erro|errore|fout|błąd|ошибка|ошибку {4} ssl|tls,
      ssl|tls|https|encrypted {3} not {2} performed|established|negotiated|completed|made|created|set|initiated|initialized|started|verified|validated,
      trusted|secure|encrypted connection, trusted {1} connection, not {1} verify {3} identity, identity {4} not {1} verified|validated|confirmed,
      not {1} support|supports {3} ssl|tls, ssl|tls {4} negotiation, negotiation {4} ssl|tls,
      ssl|tls {4} 无法|不能|未能|中断|异常,
      expired|bad|wrong|revoked {1} cert|certificate, ssl|tls issue|trouble
    `),
  },
  {
    id: 'wording.redirect',
    status: 302,
    rank: 'outer',
    source,
    phrases: list(`redirect, redirects, redirection, redirecting, redirections, redirected,
      location changed, url|endpoint|page|site|webhook {2} has moved, moved to {2} url|location|address|domain
    `),
  },
]
