import { list, type Rule } from '../phrases.ts'

const source = 'general: what is the matter and the thing that has it, in either order; weaker than any exact text'

/** Pairs of words for what an HTTP server, a proxy or a guard answers, or a sender forbids, in whatever wording. */
export const ANSWERS: readonly Rule[] = [
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
      insufficient permission|permissions|privileges|scope, authentication {2} requires|needed,
      rejected|refused|declined|denied {2} credentials|credential|token|password|login,
      timestamp {4} expired|old|stale|future, token|credentials|credential|password|login {3} not {2} accepted|valid|recognized|recognised|correct,
      not permitted|allowed to perform|access|view|use {3} resource|action|operation|page|api,
      must {1} logged|signed|authenticated in, please {1} log|sign|login in,
      jwt|token|session {2} expired|revoked|invalid, secret {1} expired|revoked|rejected,
      secret mismatch, not {1} recognize|recognise|trust {2} sender|caller|client|signature|token|key,
      permission error|problem|failure,
      token|credential|apikey|signature|secret {3} illegal|incorrect|wrong|inactive|disabled|mismatch|mismatched|unknown|unrecognized|error,
      illegal|inactive|disabled|mismatched {2} token|credential|apikey|signature|secret, sign error|failed|failure|wrong|incorrect,
      api|access|app|secret|security|license|subscription key {3} invalid|illegal|incorrect|wrong|missing|expired|disabled|inactive|mismatch|required|revoked|error,
      invalid|illegal|incorrect|wrong|missing|expired|disabled {1} access|app|secret|subscription|security key,
      token|credential|apikey|secret|key {2} not {1} match|active|activated|enabled|provided|supplied|present|set,
      no|without {2} token|credential|apikey|password|secret|authentication|authorization {1} provided|supplied|given|sent|present|found|set,
      no|without {1} api|access|app|secret key, not {1} logged|signed in, 签名错误, 签名不正确, 签名无效, 无效的令牌, 令牌无效, 令牌过期, 密钥错误, 密钥无效, 鉴权失败, 认证失败
    `),
  },
  {
    id: 'wording.credential',
    cause: 'authentication',
    rank: 'reason',
    source: 'general: what is not found, or does not exist, is the caller, not the path',
    phrases: list(`
      token|credential|apikey|signature {2} not {1} found|exist|exists, api|access|app|secret key {2} not {1} found|exist|exists, client|account|user id|key {2} not {1} recognized|registered
    `),
  },
  {
    id: 'wording.request',
    status: 422,
    rank: 'reason',
    source: 'general: what cannot be read is the request, not its answer',
    phrases: list(`
      not|unable|failed|failure|error|cannot {2} parse|parsing|decode|decoding|deserialize|deserializing|interpret|validate|validating {2} request|payload,
      parse|decode|deserialize|read {2} request body|payload|json, parse|decode|deserialize {2} request body|payload,
      parsing|decoding|validating {2} request body|payload
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
      unknown {1} endpoint|route|path|webhook|page, no longer exists, cannot be found,
      endpoint|resource|route|webhook|hook|page|path|handler {3} deleted|removed|missing|retired|decommissioned,
      no|missing {1} handler|route|endpoint for, nothing {2} at this|that address|url|path|location,
      no {1} webhook|hook|handler|endpoint|route|listener|subscription registered|configured|defined|found|matches|exists,
      endpoint|webhook|hook|page|resource|route no longer available|exists|active|valid, url|uri|page|path|resource {2} not {1} be found, requested url not found, url|path not found
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
      payload|request|entity|upload {3} too large|big,
      request|payload|body|json|xml|message|event {4} not {2} wellformed|understood|accepted|acceptable,
      not {1} well formed, method {2} not {1} allowed, receiver|endpoint|server|application {2} refused|rejected {2} request|payload|event|message|webhook|notification|body,
      payload|event|request {3} exceeds|exceeded|over {3} size|limit|maximum, schema mismatch, does not match {2} schema,
      required|mandatory|missing {2} field|fields|parameter|parameters|property|attribute {2} missing, missing|unexpected|unknown|invalid {1} parameter|parameters|argument|property|attribute,
      unexpected|unknown {1} field,
      not {2} understand {2} request|payload|message|body|event, refused|refuses|declined {2} accept|process|handle,
      payload|request|event|body|json|message {2} not {1} processed|handled|validated|read, not {2} accept|support|allow {2} post|method|methods|verb,
      validation {3} payload|body|event|json|schema failed, payload|body|request|event|json|schema validation failed|error,
      field|parameter|property|attribute {2} is|are required|missing|invalid|mandatory, post|put not {1} supported|allowed|accepted,
      event|message|notification|topic {2} not {1} supported|accepted|recognized|expected, 400 level|class|series,
      bad requests, invalid requests, client errors,
      json|xml|data|payload|body|request|message|schema {1} format|syntax|structure {2} error|invalid|incorrect|wrong|bad|illegal|mismatch,
      invalid|incorrect|wrong|bad|illegal {2} request|payload|json|xml|data|body|message {1} format|syntax|structure,
      format|syntax|structure of|in {2} request|payload|json|body|data|message, syntax error {2} request|payload|json|body|data,
      payload|request|json|body|data {3} syntax error, format of {2} request|payload|data|body {2} incorrect|wrong|invalid,
      not be empty|blank|null|omitted|negative, must|should be present|provided|unique|numeric|positive|nonempty,
      parameter|parameters|argument|arguments|param|params {3} missing|error|wrong|incorrect|invalid|required|empty|illegal|exception,
      missing|wrong|incorrect|bad|empty|invalid {2} parameter|parameters|argument|arguments|param|params,
      argument|value|parameter|field {2} out of range, invalid|bad|incorrect|wrong {1} input|inputs, input {2} invalid|rejected,
      wrong|incorrect|missing content type, content type must|should be, content type {3} not|un supported|allowed|accepted,
      only {1} post|put|get|json {2} accepted|allowed|supported|permitted, duplicate|duplicated request|event|message|delivery,
      request|event|message|delivery already processed|received|handled|exists, body|file|message|content {2} too large|big,
      request {2} not {1} valid|wellformed, receiver|endpoint|server|application {2} not accept {2} request|payload|event|message|webhook|notification,
      unable|failed|failure|not {1} validate {2} request|payload|event|message, 参数错误, 参数无效, 参数不能为空, 参数缺失, 缺少参数, 不能为空, 请求格式错误, 格式错误
    `),
  },
  {
    id: 'wording.rate',
    status: 429,
    rank: 'phase',
    source,
    phrases: list(`
      too many|frequent {2} requests|calls, rate|request|requests|api|call|usage {1} limit|limits|limited,
      quota {3} exceeded|reached|exhausted,
      too many {2} messages|deliveries|hits|attempts|notifications|events {4} second|seconds|minute|time|period|hour|day|short,
      request|requests|rate|api|call|calls|usage|daily|hourly|monthly|minute|plan|account|connections|concurrency|concurrent|throughput|traffic|message|messages {3} limit|limits|cap|allowance|threshold {3} reached|exceeded|hit|exhausted|violated,
      limit|limits|maximum|cap {4} per|every|each|for {2} second|minute|hour|day|month,
      exceeded|exceeding|exceeds|over|reached|hit|above {5} number|amount|count|quota {3} requests|calls|messages|deliveries|webhooks,
      request|requests|call|calls {3} over|above|beyond|exceeds|exceeded {3} limit|quota|allowance, calls|requests|messages|runs {1} per second|minute|hour|day,
      rate {2} too high, rate cap, rate|flood control, flood limit, flood wait, out of {2} quota, over {2} quota, no quota, quota {2} depleted,
      too many {2} webhooks|messages|requests|calls|events per second|minute|hour|day, rate limiter, ratelimiter, backoff|throttle requested, throttled,
      hourly|daily|monthly|weekly|minute|burst|concurrency|sending limit|quota|cap, limit of {2} requests|calls|messages {1} exceeded|reached,
      requests|calls|messages {1} too frequent|often|fast|many, too frequent, requests|request|calls {2} throttled,
      quota error, throttling error,
      hit|reached|exceeded|exceeds|used|exhausted|spent|depleted|consumed|beyond|over {3} allowance|allotment|quota,
      allowance|allotment|quota {2} exceeded|used|exhausted|spent|depleted|reached|hit|consumed|gone,
      calling|sending|requesting|posting|hitting|calls|requests|messages {3} too fast|quickly|often|rapidly, too many hits|calls|requests|tries|requesting,
      frequency {2} exceeded|high|limit|limited, exceeded {2} maximum {1} calls|requests|messages, 频率限制, 频率过高, 频率超限, 超过限制, 调用次数, 过于频繁, 流量限制, 限流
    `),
  },
  {
    id: 'wording.absent',
    status: 404,
    rank: 'outer',
    source,
    phrases: list(
      `not exist, not exists, no longer there, no such object|item|id|record|file|user|channel|chat|resource`,
    ),
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
      unhandled|uncaught|fatal {1} exception, uncaught|fatal {1} error, unexpected {1} exception, application error, internal error, server crashed,
      exception {2} handler,
      server|endpoint|application|app|receiver|handler|script|function|code {3} encountered|threw|throws|raised|hit|had|experienced|reported {2} error|exception|problem|fault|failure|condition,
      internal failure|exception|fault, server side error|exception|failure, script|runtime error, server fault,
      receiver|endpoint|server|application|app|handler {2} failed {1} process|handle,
      exception|error {1} raised|thrown by|in {2} handler|endpoint|server|application|app|script|code,
      servlet|handler|controller|script|function|module {1} threw|raised, app|application|server|endpoint|handler|receiver|script {1} failed while|when|during processing|handling,
      server|endpoint|application|app|receiver had|has an error|exception|problem,
      crashed, crashes, server error, internal error,
      problem|issue|error|failure|fault|bug|exception|wrong {2} on|in|at|inside {2} our|their|its|the|receiving|your server|end|side|application|app|backend|system,
      server|application|app|script|handler|function|system ran into {2} error|problem|exception|issue,
      server|application|app|script|handler|function|code failed with|due {2} error|exception|fault,
      server|application|app failed|unable to|in {1} fulfil|fulfill|complete|process|handle,
      problem|issue|fault|bug|wrong with our|their|its|the|receiving|your server|application|app|backend|system,
      system|server|application|backend|internal error|exception|fault|problem, server side problem|fault|issue|exception, internal server|system|application problem|error|failure|issue,
      服务器错误, 服务器异常, 系统错误, 系统异常, 系统内部错误, 内部错误, 服务异常
    `),
  },
  {
    id: 'wording.unavailable',
    cause: 'unavailable',
    rank: 'decisive',
    source,
    phrases: list(`
      
      no|zero {3} backend|backends|upstream|upstreams|endpoints|targets|instances|pods|workers|server|servers|host|hosts|dynos|processes|containers|replicas|nodes|machines|origins {2} available|healthy|running|ready|alive|active|up,
      connect|connecting|connection {2} backend|upstream|origin, layer4|layer6|layer7 {2} problem|timeout|error|status|response,
      backup servers left,
      backend|upstream|origin|upstreams|backends {3} down|unavailable|unreachable|unhealthy|failed|failure|refused|reset|closed|dead,
      upstream|backend|target|instance|pod {2} not {1} healthy|ready|available|running, not healthy,
      timely response from {1} upstream, no healthy,
      no|zero available|active|healthy|running|ready|live {1} backend|backends|upstreams|endpoints|targets|instances|pods|workers|servers|hosts|dynos|processes|containers|replicas|nodes|machines|origins,
      gateway|proxy|balancer {2} not {2} reach|connect|contact|establish, gateway|proxy|balancer {2} failed|unable {2} reach|connect|contact|establish,
      upstream {2} not {1} respond|responding|answer|answering|reachable, backend {1} not {1} respond|responding|answer|answering,
      origin|backend|upstream {2} not accept {3} connection,
      connection {3} upstream|backend|origin {2} target|service|services|server,
      not|unable|failed {2} find {2} healthy|available|live|active target|backend|upstream|server|instance|host|node
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
      temporarily unable, unable to service {1} request,
      out of service, service|application|app|server {1} starting|restarting|booting,
      outage, downtime, outages,
      system {2} busy|overloaded|down|maintenance, server|service|system|site overload, 系统繁忙, 服务繁忙, 服务器繁忙, 系统维护, 维护中
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
      allowed {1} host|hosts list, not {1} allowed to|by|for {2} url|host|domain|address|destination,
      not|isnt {2} allow list, not {2} allowlist|whitelist, flagged {1} bot|spam|malicious, non https {2} rejected|refused|disallowed|forbidden,
      url|uri|endpoint|address {1} no|without host|hostname|scheme|protocol|domain, only {1} ports|port {4} supported|allowed|permitted, only {2} https|http {2} supported|allowed|permitted|accepted,
      url|uri {2} invalid character|characters, url|uri {1} contains invalid|illegal|unsupported|forbidden
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
