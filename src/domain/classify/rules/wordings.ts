import { list, type Rule } from '../phrases.ts'

const source = 'general: what is the matter and the thing that has it, in either order; weaker than any exact text'

/** Pairs of words that say of a connection the same in whatever wording, for unknown clients. */
export const WORDINGS: readonly Rule[] = [
  {
    id: 'wording.dns',
    cause: 'dns',
    rank: 'phase',
    source,
    phrases: list(`
      failed|unable|cannot|couldnt|cant|error|not|failure|problem {3} resolve|resolving|resolved,
      resolve|resolving|resolution|resolver {5} failed|failure|fail|fails|unsuccessful|impossible,
      resolving|resolution|resolver {5} error,
      host|hostname|domain|nameserver {4} not|cannot|couldnt {2} found|resolved|known|exist|exists|looked,
      host|hostname|domain|name|address|dns {2} lookup,
      not|unable|failed|failure {2} find|locate|lookup {3} domain|hostname|host|nameserver|server|dns,
      invalid|bad|wrong|unknown {1} domain|hostname, name server|servers failure|failed|error|unreachable,
      not|unable|failed {3} find|determine|get {3} ip|address,
      host|hostname|domain|server|ip address {3} not {2} determined|translated|looked,
      domain {2} expired|unregistered|undelegated, host name|names not {2} recognized|recognised|found,
      domaine {2} inexistant|introuvable|inconnu, server ip not found
    `),
  },
  {
    id: 'wording.connect',
    cause: 'connection_refused',
    rank: 'outer',
    source,
    phrases: list(`
      not|unable|failed {1} get {1} touch|hold,
      not|unable|failed|failure|failing|impossible {3} reach|reached|contact|contacted|connect|connected|connecting|dial,
      not {1} establish|open|start|initiate|initialize|create {4} session,
      trouble|problem|problems|difficulty|issue|issues|error|errors {2} connecting|reaching|contacting,
      not {1} open {2} url, impossible {2} joindre|contacter|atteindre, injoignable, non raggiungibile,
      não foi possível alcançar
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
      no {1} service|server|process|program|application|listener {2} listening,
      refused|refuses|refusing|refuse|declined|rejected {3} connection|connections|connect,
      nobody|nothing|none {3} listening|listens, not accept {1} connections, no listener, port {2} not open,
      not|isnt|stopped {2} accepting {1} connections,
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
      send|sending|write|writing {1} header|headers|payload failed|failure|error, pipe {2} broken|broke,
      forced|forcibly|forcefully|abruptly {5} close|closed|closing|disconnected, sent|send|sends|received|got {1} rst,
      aborted by {2} peer|remote|server|host
    `),
  },
  {
    id: 'wording.closed',
    cause: 'protocol',
    rank: 'phase',
    drop: true,
    source,
    phrases: list(`
      server|endpoint|host|peer|receiver|remote|site {2} not send|return|give|provide a|any|back response|reply|answer|data|bytes,
      server|endpoint|host|peer|receiver|remote|site {2} not send|return|give response|reply|answer|data|anything,
      sent|sends|returned|returns|received|receives|got {1} nothing, nothing {2} received|returned,
      connection|socket|stream|channel|session|server|peer {3} closed|closing|dropped|lost|terminated|ended|interrupted|disconnected|vanished,
      closed|dropped|terminated|ended|disconnected|interrupted|cut {3} connection|socket|stream,
      response|reply|body|headers|header|answer {3} incomplete|truncated|short|missing|empty|ended|aborted|cut|partial|interrupted|unfinished,
      no|without|empty|zero|incomplete|partial|truncated|premature|unfinished {2} response|reply|answer|body|headers,
      fewer|less {1} bytes|data, shut|shuts|shutting|shutdown {3} connection|socket,
      connection|socket {3} shut|shutdown, went away, gone away, cut off, broke off, hang up,
      premature {2} close|closed|closure|end|termination
    `),
  },
  {
    id: 'wording.malformed',
    cause: 'protocol',
    rank: 'phase',
    source,
    phrases: list(`
      not|unable|failed {1} read {1} response|reply|answer, response|reply|answer {2} not {1} read|readable,
      unreadable|unintelligible|unrecognizable response|reply|answer,
      speaks|speaking|talks {2} another|different|other protocol, in plain text,
      server|endpoint|port {1} expects|requires https|tls|ssl, non http response|reply|answer|traffic|protocol,
      too {1} headers|header, size {3} over|exceeds|exceeded {2} limit, response|body|content {3} exceeds,
      line ending,
      invalid|bad|malformed|illegal|corrupt|garbled|unexpected|unparsable|unparseable|overlong|oversized|duplicate {2} header|headers|chunk|chunks|frame|frames|response|reply|encoding|answer|data,
      response|headers|header|content|answer|body {3} too long|short,
      failed|unable|cannot|couldnt|error|not {3} parse|parsing|decode|decoding {3} response|header|headers|body|reply|answer,
      header|headers|response|status|chunk|body|reply|string|literal|frame {6} not|failed|couldnt|cannot {3} parsed|decode|decoded|understood|parse|interpreted,
      response|header|headers|body|answer {4} exceeded|exceeds|over {3} limit|maximum|max, more than one status,
      http version, http {2} not https, no|not {1} http server, wrong|unsupported|mismatched|unknown {1} protocol,
      not http, not {2} speak|speaking|talk|understand {2} http|https|tls|ssl,
      response|header|headers|reply|answer {2} malformed|corrupt|garbled|illegible,
      http|https|tls|ssl {2} expected {3} received|got|found,
      not|unable|failed {2} understand|interpret|process {2} response|reply|answer,
      response|reply|answer {5} not {3} understand|interpret|process
    `),
  },
  {
    id: 'wording.unreachable',
    cause: 'unreachable',
    rank: 'phase',
    source,
    phrases: list(`
      not|unable|failed {1} route {2} message|packet|packets|traffic|request,
      not|unable|failed|cannot {1} find {1} route, machine|device|node {2} down|unreachable,
      host|network|destination|net|route|address {3} unreachable|unroutable|down, no network,
      no route|path to|available|between, host|destination|address|ip|network {2} not reachable,
      host|server|address not {1} on {1} network, packets|packet|traffic {3} not {2} routed|delivered|forwarded,
      routing|route error|failure|problem
    `),
  },
  {
    id: 'wording.timeout',
    cause: 'timeout',
    rank: 'phase',
    source,
    phrases: list(`
      needed|needs {2} long, too long {1} answer|respond|reply|finish|complete|process,
      exceeded|exceeds|exceeding|exceed {4} time|timeout|deadline|duration|seconds,
      aborted|cancelled|canceled|stopped|terminated|closed {2} after {2} seconds|second|ms|milliseconds|sec|s|minutes|minute,
      not|failed|fails|failing|unable {4} in time, took|takes|taking|waited|waiting {3} long|longer|seconds,
      longer than, deadline, time|period|wait {3} expired|elapsed|exceeded|out,
      waiting|allotted|allowed time {9} expired|elapsed|exceeded|over,
      not|didnt|never|doesnt|isnt {2} responded|replied|answered|respond|responding|answer|answering|reply|replying,
      unresponsive, stalled, hung, timely, time limit {2} reached|hit|passed,
      not {3} quickly|promptly|soon {1} enough, time is|was up, out of time, délai {3} dépassé
    `),
  },
  {
    id: 'wording.tls',
    cause: 'tls',
    rank: 'phase',
    source,
    phrases: list(`
      secure|encrypted {1} session|socket|protocol|transport|layer, https not {1} available|supported|enabled|offered,
      tls|ssl|https {2} unavailable|unsupported|disabled, negotiate|negotiating {2} secure|encrypted,
      ssl|tls {4} failed|failure|error|problem|invalid|rejected|unsupported|mismatch|fail|fails,
      ssl|tls {2} not {1} supported|established|available|enabled, secure|encrypted {2} connection|channel,
      cipher|ciphers, handshakes, requires|require|required {2} tls|ssl, untrusted,
      ssl|tls|https {6} fehler|fehlgeschlagen|erreur|échoué|error|fallo|falló|falha|erro|errore|fallito|fout|mislukt|błąd|ошибка|hata|失败|错误|失敗,
      fehler|erreur|error|fallo|falha|erro|errore|fout|błąd|ошибка|ошибку {4} ssl|tls, trusted {1} connection,
      ssl|tls {4} negotiation, negotiation {4} ssl|tls, ssl|tls {4} 无法|不能|未能|中断|异常
    `),
  },
  {
    id: 'wording.redirect.target',
    status: 302,
    rank: 'reason',
    source: 'general: what is wrong is where a redirect leads',
    phrases: list(`
      invalid|missing|bad|malformed|empty|wrong|unsupported {2} redirect|redirection url|uri|location|target|destination,
      redirect|redirection url|uri|location|target {2} invalid|missing|malformed|empty|unsupported, invalid|missing|bad|no|malformed {1} location header
    `),
  },
  {
    id: 'wording.redirect',
    status: 302,
    rank: 'outer',
    source,
    phrases: list(`
      redirect, redirects, redirection, redirecting, redirections, location changed,
      different|another|new {1} url|uri|location, url|endpoint|page|site|webhook {2} has moved
    `),
  },
]
