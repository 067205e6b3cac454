import { list, type Rule } from '../phrases.ts'

const source = 'general: what is the matter and the thing that has it, in either order; weaker than any exact text'

/** Pairs of words that say the same in whatever wording, for clients that nobody knew of. */
export const WORDINGS: readonly Rule[] = [
  {
    id: 'wording.dns',
    cause: 'dns',
    rank: 'phase',
    source,
    phrases: list(`
      failed|unable|cannot|couldnt|cant|error|not|failure|problem {3} resolve|resolving|resolved,
      resolve|resolving|resolution|resolver {5} failed|failure|error|fail|fails|unsuccessful|impossible,
      host|hostname|domain|nameserver {4} not|cannot|couldnt {2} found|resolved|known|exist|exists|looked,
      unknown {2} host|hostname, nonexistent|unresolvable|unresolved {2} host|hostname|domain,
      host|hostname|domain|name|address|dns {2} lookup,
      not|unable|failed|failure {2} find|locate|lookup {3} domain|hostname|host|nameserver|server|dns,
      domain|hostname {3} not {1} registered|configured|active|delegated, no such domain|hostname|host,
      invalid|bad|wrong|unknown {1} domain|hostname, name server|servers failure|failed|error|unreachable,
      not|unable|failed {3} find|determine|get {3} ip|address
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
      not|unable|failed|failure|error {2} make|making|open|opening|create|creating|establish|establishing {3} connection|socket
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
      port {2} not open, denied {1} connection, not|isnt|stopped {2} accepting {1} connections
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
      forced|forcibly|abruptly {5} close|closed|closing|disconnected, rst {2} received|sent
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
      connection|socket {3} shut|shutdown, went away, gone away, cut off, broke off, hung up, hang up
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
      wrong|unsupported|mismatched|unknown {1} protocol, not http
    `),
  },
  {
    id: 'wording.unreachable',
    cause: 'unreachable',
    rank: 'phase',
    source,
    phrases: list(`
      host|network|destination|net|route|address {3} unreachable|unroutable|down,
      no {2} route|path|network, network {2} not available
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
      gave|give|giving|given up waiting, not {4} in time,
      took|takes|taking|waited|waiting {3} long|longer|seconds, longer than, deadline, too slow,
      slow {2} respond, time|period|wait {3} expired|elapsed|exceeded|out,
      wait|waiting {4} expired|elapsed, waiting|allotted|allowed time {9} expired|elapsed|exceeded|over,
      not|didnt|never|doesnt|isnt {2} respond|responding|answer|answering|reply|replying, unresponsive,
      stalled, hung, timely
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
      fehler|erreur|error|fallo|falha|erro|errore|fout|błąd|ошибка|ошибку {4} ssl|tls
    `),
  },
  {
    id: 'wording.redirect',
    status: 302,
    rank: 'outer',
    source,
    phrases: list(`redirect, redirects, redirection, redirecting, redirections, redirected`),
  },
  {
    id: 'wording.authentication',
    cause: 'authentication',
    rank: 'phase',
    source,
    phrases: list(`
      
      invalid|bad|wrong|missing|expired|incorrect|unknown|revoked {2} token|credentials|credential|secret|password|authorization|auth|apikey|login,
      token|credentials|credential|password|authorization|auth|authentication|login {3} invalid|expired|missing|failed|failure|required|rejected|denied|incorrect|wrong|revoked,
      not {2} authorized|authenticated|authorised,
      invalid|wrong|missing|bad|unknown|incorrect {1} api key,
      api key {3} invalid|missing|required|expired, ntlm|kerberos|digest|negotiate {2} authentication,
      login required, sign in required, requires|require|required|needs {1} credentials|authentication|authorization|login, must authenticate,
      permission|permissions {2} denied|required|insufficient,
      insufficient permission|permissions|privileges|scope, authentication {2} requires|needed
    `),
  },
  {
    id: 'wording.not_found',
    status: 404,
    rank: 'phase',
    source,
    phrases: list(`
      
      page|endpoint|resource|route|path|webhook|hook|handler {3} not|cannot {2} exist|registered|found|exists,
      no such endpoint|route|page|path|webhook|resource|hook,
      unknown {1} endpoint|route|path|webhook|page, no longer exists, cannot be found
    `),
  },
  {
    id: 'wording.rejected',
    status: 422,
    rank: 'phase',
    source,
    phrases: list(`
      payload|request|json|event|schema {3} rejected|invalid|malformed|unacceptable|unprocessable,
      rejected|invalid|malformed|unacceptable|unsupported {2} payload|json|schema|event|parameter|parameters|field,
      payload|body|json|data {3} not {2} valid, bad payload|json|data,
      payload|request|entity|upload {3} too large|big
    `),
  },
  {
    id: 'wording.rate',
    status: 429,
    rank: 'phase',
    source,
    phrases: list(`
      too many|frequent {2} requests|calls, rate|request|requests|api|call|usage {1} limit|limits|limited,
      quota {3} exceeded|reached|exhausted
    `),
  },
  {
    id: 'wording.gone',
    status: 410,
    rank: 'outer',
    source,
    phrases: list(`gone`),
  },
  {
    id: 'wording.conflict',
    status: 409,
    rank: 'outer',
    source,
    phrases: list(`conflict`),
  },
  {
    id: 'wording.crash',
    status: 500,
    rank: 'outer',
    source,
    phrases: list(`
      unhandled|uncaught|unexpected|fatal {1} exception|error, application error, internal error, server crashed,
      exception {2} handler
    `),
  },
  {
    id: 'wording.unavailable',
    cause: 'unavailable',
    rank: 'decisive',
    source,
    phrases: list(`
      
      no|zero {3} backend|backends|upstream|upstreams|endpoints|targets|instances|pods|workers|server|servers|host|hosts {2} available|healthy|running|ready|alive,
      connect|connecting|connection {2} backend|upstream|origin, layer4|layer6|layer7 {2} problem|timeout|error|status|response,
      backup servers left,
      backend|upstream|origin|upstreams|backends {3} down|unavailable|unreachable|unhealthy|failed|failure|refused|reset|closed|dead,
      upstream|backend|target|instance|pod {2} not {1} healthy|ready|available|running, not healthy,
      timely response from {1} upstream, no healthy
    `),
  },
  {
    id: 'wording.down',
    cause: 'unavailable',
    rank: 'outer',
    source,
    phrases: list(`
      maintenance, offline, not ready, not running, starting up, shutting down,
      server|service|site|application|app {2} down|unavailable|offline|overloaded|busy|sleeping|asleep|suspended|stopped,
      temporarily unable, unable to service {1} request
    `),
  },
  {
    id: 'wording.blocked.url',
    cause: 'blocked',
    rank: 'phase',
    source,
    phrases: list(`
      
      invalid|malformed|illegal|unsupported|incorrect|empty|missing|wrong|bad|disallowed|prohibited|unsafe {2} url|uri|host|hostname|scheme|endpoint|destination,
      url|uri|scheme|hostname|destination {3} invalid|malformed|illegal|unsupported|incorrect|empty|missing|wrong|bad|disallowed|forbidden|prohibited|unsafe|blocked|banned,
      url|uri|host|hostname|address|addresses|domain|destination|target|scheme|port|endpoint|ip|ips {4} not {1} allowed|permitted|supported|allowlisted|whitelisted|public,
      address|ip|host|target {4} private|reserved|internal|loopback|prohibited|blocked|forbidden,
      private|reserved|internal|loopback|local {2} address|addresses|ip|ips|range,
      endpoints|urls|hosts|domains|ports|ranges|networks {4} not {1} allowed|permitted|supported,
      can|may|must only {2} allowed, only {2} allowed {2} hosts|servers|domains|urls|addresses|ports,
      allowed {1} host|hosts list, not {1} allowed to|by|for {2} url|host|domain|address|destination
    `),
  },
  {
    id: 'wording.blocked',
    cause: 'blocked',
    rank: 'phase',
    marks: ['firewall'],
    source,
    phrases: list(`
      blocked, blocking, request denied, requests denied, denied by, bot detection, banned, blacklisted,
      allowlist, whitelist, blocklist, blacklist, denylist, violates {3} policy, denied {2} policy
    `),
  },
  {
    id: 'wording.guard',
    marks: ['guard'],
    source: 'what guards in front of a site say with 403: identYwaf and WhatWaf collections of block pages',
    phrases: list(`
      threat, threats, attack, attacks, suspicious, robot, bot, bots, automated, spam, unauthorized activity,
      protected by, website protection, web protection, protection system, security system, security access denied, security service,
      security reasons, security reason, security rule, security check, security policy, violation, event id, incident, shield, cloudflare
    `),
  },
]
