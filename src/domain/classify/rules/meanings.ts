import type { Meanings } from '../ideas.ts'

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** What a few ideas together mean. Of equally many the first listed decides, so the inner phase of a call stands first. */
export const MEANINGS: readonly Meanings[] = [
  {
    id: 'meaning.blocked',
    cause: 'blocked',
    rank: 'phase',
    any: lines(`
      PRIVATE|INNER TARGET|NET NOT|BLOCK|REFUSE !LINK !REACH
      PRIVATE NOT|BLOCK ALLOW
      PRIVATE BLOCK TARGET|REACH
      localhost|loopback IGNORE
      TARGET INNER IGNORE
      localhost NOT deliver|delivered|deliveries
      TARGET|HOST POINT INNER|PRIVATE !NOT !LINK
      PUBLIC TARGET NEED
      PUBLIC REACH NEED
      PUBLICLY REACH|available NOT
      PUBLIC TARGET BAD|valid NOT
      PRIVATE|loopback NOT deliver|send|call|use|used
      TARGET NOT ALLOW !method !methods !content !MATCH
      TARGET BLOCK|forbidden !page
      url|uri|urls BAD|EMPTY
      url|uri NOT given|specified|supplied|set|provided
      scheme|protocol NOT ALLOW
      url|uri|lurl NOT CONTAIN ip|ips|port|ports|parameters|credentials|localhost
      url|uri NOT|FAIL PARSE
      scheme BAD|NOT
      insecure url|endpoint|address !REDIRECT
      BLOCK SECURITY !CERT !ssl !tls
      BLOCK policy|list|country|bot|bots|ip|outbound|security|firewall|waf|url|user|robots
      REFUSE|BLOCK automated|bot|bots
      deny|block|black list
      human check|verification|challenge
      challenge browser|browsers|page|javascript
      ddos|d|dos protection|mitigation
      IP host NOT use|used|allowed
    `),
  },
  {
    id: 'meaning.dns',
    cause: 'dns',
    rank: 'phase',
    any: lines(`
      DOMAIN|DNS NOT|FAIL FIND|LOOKUP|RESOLVE|RECORD|IP|ANSWER
      DOMAIN|host|server|site IP NOT FIND
      host|name|server NOT|FAIL RESOLVE|LOOKUP
      IP NOT FIND
      IP NOT obtained|available|determined host|DOMAIN
      server|site|host|website|serveur|servidor|sitio|sito|服务 NOT find|finden|trouver|encontrar|trovare|introuvable|不到 !resource !page !file !object
      DNS NOT|FAIL|BAD|REFUSE
      remote|host|server name NOT FIND
      dns incomplete|propagated|propagation
      DOMAIN NOT|BAD !CERT !code
      DOMAIN 不存|不到
      host|DOMAIN UNRESOLVED
      RESOLVE NOT !ANSWER !code !status !body !json !request !payload
      RESOLVE FAIL DOMAIN|DNS|HOST|name
      RECORD NOT DOMAIN|host
      nameserver|resolver NOT ANSWER|SEND|REACH
      name server NOT ANSWER|SEND|REACH
    `),
  },
  {
    id: 'meaning.redirect',
    cause: 'redirect',
    rank: 'phase',
    any: lines(`
      REDIRECT NOT|MANY|BLOCK|REFUSE|LIMIT|ALLOW|EXCEED
      PATH MOVED
      location header
      different|another|new url|location|uri FIND|MOVED
      REDIRECT ANSWER|SEND
    `),
  },
  {
    id: 'meaning.tls',
    cause: 'tls',
    rank: 'phase',
    any: lines(`
      TLS NOT|FAIL|BAD|NEED|MATCH|EXPIRE !default
      TLS NOT|FAIL CONNECT !default
      CERT NOT|FAIL|BAD|NEED|EXPIRE|MATCH|REFUSE|TRUST
      CERT NOT FIND|SEND|VERIFY|MATCH
      CA NOT|FAIL|BAD SEND|TRUST|VERIFY|FIND|complete
      DOMAIN|identity VERIFY FAIL|NOT
      host name VERIFY FAIL|NOT
      common name NOT|MATCH
      key usage
      chain incomplete|broken|NOT
      issuer|authority|ca unknown|UNRESOLVED
      x 509
    `),
  },
  {
    id: 'meaning.authentication',
    cause: 'authentication',
    rank: 'phase',
    any: lines(`
      AUTH|SECRET NOT|FAIL|BAD|NEED|EXPIRE|REFUSE|MATCH
      AUTH|SECRET NOT|FAIL PARSE
      SIGNED NOT|FAIL VERIFY|MATCH|FIND|SEND
      verification|verifier REFUSE
      signing FAIL
      NOT|failed|fails AUTH HOST !key !internal
      api|access|app key NOT FIND
      api|access|app key NOT|BAD|EXPIRE|NEED|REFUSE
      access NOT grant|granted
      password protected
      AUTH header NOT|BAD|NEED
    `),
  },
  {
    id: 'meaning.rate',
    cause: 'rate_limited',
    rank: 'phase',
    any: lines(`
      CALLS MANY too !failed !failures !failure
      limiting CALLS
      reduce|lower|slow rate|speed|frequency
      CALLS LIMIT REACHED !size !length !media !second !seconds !big !large
      RATE REACHED|LIMIT|high
      CALLS volume|rate high
      CALLS 频繁|过多|太多|多す|많습|너무
      spike arrest
      too much traffic|load|volume
      MANY too sending|calling|posting
      CALLS MANY zbyt|wiele|veel|cok|viele|trop|demasiadas|muitas|troppe|много
    `),
  },
  {
    id: 'meaning.timeout',
    cause: 'timeout',
    rank: 'phase',
    any: lines(`
      NOT|FAIL ANSWER|SEND UNIT
      ANSWER LATE
      ANSWER TIME|UNIT EXCEED
      TIME EXCEED !live
      TIME LIMIT NOT|EXCEED|REACHED
      WAIT EXCEED|REACHED|stopped|quit
      WAIT UNIT NOT
      took|takes|taking|ran|lasted UNIT|LATE|s
      longer|more|langer|plus|mas|mais than|als|que|de UNIT
      NOT ANSWER rechtzeitig|вовремя|tijd|tiempo|tempo|zeit|temps|czasie|времени|sure|时间
      HOST LATE ANSWER
      HOST stopped ANSWER
      UNIT LIMIT EXCEED|REACHED
      ANSWER EXPIRE
      request|requete|solicitud|anfrage EXPIRE
      slow|slowly|late|sluggish|lagging HOST
    `),
  },
  {
    id: 'meaning.unreachable',
    cause: 'unreachable',
    rank: 'phase',
    any: lines(`
      ROUTE NOT|FAIL NET|HOST|IP !found !page
      NET NOT REACH|available|up
      NET path NOT FIND
      NET DOWN|UNREACHABLE
      host NOT up
      ip NOT REACH
      packet|packets NOT REACH|deliver|delivered
      unroutable
      ttl|live exceeded transit
      arp
    `),
  },
  {
    id: 'meaning.unavailable',
    cause: 'unavailable',
    rank: 'phase',
    any: lines(`
      PROXY NOT|failed|failure|error|REFUSE|CLOSE|DOWN|UNREACHABLE
      NOT handle|serve|service|process|take now|moment|currently|temporarily
      PROXY NOT REACH|CONNECT|ANSWER
      circuit open|broken|tripped
      back soon|shortly|right
      at|full capacity
      dyno|container|instance|pod DOWN|NOT
    `),
  },
  {
    id: 'meaning.reset',
    cause: 'connection_reset',
    rank: 'phase',
    any: lines(`
      RESET CONNECT|HOST|received|receive
      LINK abort|aborted|aborts
      HOST aborted LINK
      hangup
      hang up
    `),
  },
  {
    id: 'meaning.refused',
    cause: 'connection_refused',
    rank: 'phase',
    any: lines(`
      CONNECT REFUSE
      NOT TAKE LINK
      NOT LISTEN PORT
      PORT CLOSE
      PORT NOT ANSWER
      tcp handshake REFUSE
    `),
  },
  {
    id: 'meaning.protocol',
    cause: 'protocol',
    rank: 'phase',
    any: lines(`
      REPLY BAD|NOT|FAIL PARSE
      status|ステ line|code|コー NOT|FAIL PARSE
      HOST NOT ANSWER|SEND DATA !failure !expected
      LINK CLOSE ANSWER
      remote|peer disconnect|disconnected
      REPLY BAD !code !codes !status
      REPLY NOT ALLOW !code !codes !status
      header BAD REPLY|received
      REPLY|DATA EMPTY|incomplete|truncated|partial
      NOT DATA receive|received|return|returned|got|came|arrived !failure
      NOT return|returned|send|sent|give|provide REPLY !successful !unsuccessful !UNIT
      NOT SEND REPLY HOST !successful !unsuccessful !UNIT !code !status !TIME
      no|zero|empty data|bytes !failure !receiving
      LINK CLOSE
      HOST CLOSE LINK
      violated|violates|violation http|protocol
      REPLY|body shorter|smaller than
      protocol|protocole|protocolo|protocollo|protokoll|protokol|протокол|协议 BAD|MATCH|FAIL
      DATA BAD received|recieved|returned
      http https port|instead|request|sent
      gzip|deflate|brotli|decompress|chunked FAIL|BAD|NOT
      REPLY decompress NOT
      没有 收到 REPLY
    `),
  },
  {
    id: 'meaning.not_found',
    cause: 'not_found',
    rank: 'phase',
    any: lines(`
      PATH NOT FIND !domain !host
      PATH 不存|不到
      PATH REMOVED
      PATH permanently|permanent unavailable|NOT
      PLACE BAD|UNRESOLVED
      NOT PATH here|there|at
      NOT FIND url|path|location|here
      nothing matching|matches
      requested|specified|such NOT FIND !host !domain !hostname !server !CERT
      NOT anything|nothing location|url|path
      dead link|url
    `),
  },
  {
    id: 'meaning.rejected',
    cause: 'rejected',
    rank: 'phase',
    any: lines(`
      INPUT NOT TAKE !internal !OVERLOAD !ready
      INPUT data BAD
      INPUT failed|unsupported parse|accept|decode|understand
      FIELD|schema|payload|json NOT|FAIL|BAD VERIFY
      INPUT|FIELD REFUSE !LINK
      INPUT BAD !went !handler !internal !encountered
      FIELD|json|body NEED
      INPUT too BIG
      INPUT BIG than|limit|limits|allowed
      semantic FAIL
      url|uri longer|long|large too|than
      FIELD NOT|BAD !exist
      FIELD NOT SEND|FIND|complete !exist
      INPUT NOT ALLOW !successful !AUTH
      METHOD NOT TAKE|ALLOW
      currently|already in use record|resource|item|object
      another request|process|transaction modified|updated|locked
      empty|missing file|data|payload passed|sent|given|uploaded
      METHOD NEED !authorization
      method|verb|methode|metodo BAD
      already exists|processed|received
      duplicate|duplicated INPUT
      precondition NOT|FAIL
      payment NEED
      schema|validation violation|exception|MATCH
      media|content type|format NOT|BAD|unsupported
      unsupported media|content|encoding
      HOST NOT take|accept INPUT
      expected INPUT
      size|length EXCEED|BIG !memory !buffer
    `),
  },
  {
    id: 'meaning.server_error',
    cause: 'server_error',
    rank: 'phase',
    any: lines(`
      PROGRAM CRASH
      unhandled|uncaught error|exception
      PROGRAM something|broke unexpected|error|broke|wrong
      out memory HOST|exhausted|error
      disk full
      stack overflow
      segmentation fault
      runtime exception|error
      database|sql FAIL
      undefined properties|variable|index
      HOST NOT support facility|functionality|feature
    `),
  },
  {
    id: 'meaning.limit',
    cause: 'rate_limited',
    rank: 'outer',
    any: lines(`
      LIMIT exceeded|reached !size !length !time !redirect !REDIRECT !memory !LINK !file !body !payload !UNIT !retries !retry !attempts
    `),
  },
  {
    id: 'meaning.down',
    cause: 'unavailable',
    rank: 'outer',
    any: lines(`
      HOST|system DOWN !delivery !deliveries !disabled
      HOST DOWN NOT
      OVERLOAD
      we|currently|temporarily down|offline
    `),
  },
  {
    id: 'meaning.connect',
    cause: 'connection_refused',
    rank: 'outer',
    any: lines(`
      LINK NOT|FAIL HOST !retries
      LINK NOT|FAIL !retries
      TALK NOT|FAIL HOST !retries
      socket NOT open|opened|create|created
      REACH NOT|FAIL HOST|TARGET|DOMAIN
      remote|peer|host REFUSE
      reached|reach|reachable|erreicht|erreichbar|joindre NOT
      HOST UNREACHABLE
    `),
  },
  {
    id: 'meaning.local',
    cause: 'blocked',
    rank: 'outer',
    any: lines(`
      url|lurl|uri localhost|loopback|locale|lokal !LINK !CONNECT !REACH
    `),
  },
  {
    id: 'meaning.program',
    cause: 'server_error',
    rank: 'outer',
    any: lines(`
      app|application|script|handler|receiver|receiving FAIL
      execution FAIL
      FAIL en|im|nel|dans servicio|servidor|dienst|server|service|servizio
      sunucu|サー|服务|server|сервера 内部|ошибка|hatasi FAIL
      PROGRAM internal FAIL
      unexpected condition PROGRAM
      HOST encountered situation|error|condition|problem
      something broke|wrong server|endpoint
    `),
  },
]
