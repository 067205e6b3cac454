import { WORLD } from './vocabulary-world.ts'

/**
 * English words that say the same. An asterisk stands for the regular forms of a verb or noun (`refuse*`: refuse, refuses,
 * refused, refusing). Words as words.ts reads them: contractions are two (`can not`), some plurals singular.
 */
const ENGLISH: Readonly<Record<string, string>> = {
  NOT: `not no never none nothing nobody without unable impossible neither nor zero lack* missing absent unsuccessful unsuccessfully non non impossivel`,
  FAIL: `fail* failure failures error errors errored problem problems issue issues trouble* difficulty difficulties unsuccessful unsuccessfully exception exceptions fault* failing err wrong echec`,
  BAD: `invalid bad wrong incorrect incorrectly malformed illegal broken corrupt corrupted misconfigured unusable improper improperly faulty garbled nonsense garbage rubbish gibberish unintelligible weird strange unexpected unrecognized unrecognised misconfiguration damaged defective erroneous unparseable unparsable unreadable inconsistent`,
  NEED: `need* require* required must ask* demand* expect* mandatory requirement try`,

  DOMAIN: `domain domains hostname hostnames tld subdomain fqdn`,
  DNS: `dns resolver resolvers nameserver nameservers`,
  FIND: `find finds finding found locate* located identify* discover* exist* known recognize* recognise* recognized recognised`,
  LOOKUP:
    'lookup lookups look looks looked looking translate* translation map maps mapped mapping determine* convert* 查找 查询',
  RESOLVE: `resolve* resolvable resolution resolving resolver`,
  UNRESOLVED:
    'unresolved unresolvable unregistered nonexistent unknown undelegated unbekannt~ inconnu~ desconoc~ desconhec~ sconosci~ nieznan~ неизвест~ 未知 未找',
  IP: `ip ips ipv4 ipv6 address addresses`,
  RECORD: `record records entry entries cname zone`,

  HOST: `host server servers endpoint endpoints receiver destination target machine computer peer remote site website webhook listener service app application url consumer recipient party callback`,
  CONNECT: `connect* connection connections connectivity connexion dial* dialing dialling tcp socket sockets conn conection`,
  LINK: `connect* connection connections connectivity connexion dial* conn conection`,
  REACH: `reach* reachable contact* access* accessible attain* touch`,
  UNREACHABLE:
    'unreachable inaccessible unreached uncontactable injoignab~ inalcanz~ inacess~ inacces~ irraggiun~ onbereik~ nieosiag~ недоступ~',
  LISTEN: `listen* listener running bound`,
  REFUSE: `refuse* refusal reject* rejection decline* deny* denied denies denial rebuff* turn*`,
  PORT: `port ports`,
  RESET: `reset* resetting rst hangup`,
  CLOSE: `close* closing closure drop drops dropped dropping terminate* termination end ends ended ending disconnect* disconnection cut cuts cutting lose loses lost shut shutdown sever* interrupt* interruption abandon* hung vanish* disappear* abort* broke breaks breaking broken died gesloten`,
  ROUTE: `route* routing routable path`,
  NET: `net network networks internet subnet lan`,

  TLS: `ssl tls mtls sslv3 tlsv1 handshake* encryption encrypt* secure securely cipher* starttls`,
  CERT: `certificate certificates cert certs certification x509 pem`,
  CA: `ca cas issuer issuers chain root intermediate intermediates anchor`,
  TRUST: `trust* trustworthy untrusted`,
  VERIFY: `verify* verification validate* validation check* checking confirm* confirmation authenticate* unverified`,
  EXPIRE: `expire* expiry expiration lapse* outdated stale old overdue renew* renewal invalidated verlopen`,
  MATCH:
    'match* mismatch* mismatched cover* correspond* belong* agree* differ differs different ubereinst~ correspond~ coincid~ 匹配 一致 不符',

  ANSWER: `response responses reply* answer* respond* acknowledge* acknowledgement acknowledgment ack respone`,
  DATA: `data bytes byte content body header anything`,
  EMPTY: `empty blank nothing null void zero`,
  SEND: `send* sent sending return* give gives gave given receive* received get gets got gotten read recieve* come comes came arrive* provide* produce* show* present* erhalten`,
  LATE: `late slow slowly slower long longer delay* lagging sluggish overlong`,
  UNIT: `second seconds sec secs ms msec millisecond milliseconds minute minutes min mins secondes`,
  TIME: `time deadline duration window interval timeframe latency delay`,
  EXCEED: `exceed* exceeding exceeded over beyond elapse* expire* expired past overrun overran ran run surpass* outlast* miss missed above greater`,
  WAIT: `wait* waiting`,

  REDIRECT:
    'redirect* redirection redirections 3xx forward* weiterleit~ umleit~ rediri~ redirec~ reindiri~ przekier~ перенапр~ 重定 跳转',
  MOVED: `moved relocated elsewhere`,

  AUTH: `scope scopes auth authenticate* authentication authorize* authorise* authorization authorisation credential credentials login logins password passwords passcode username permission permissions privilege privileges jwt oauth oauth2 apikey bearer signin authenticated authorized authorised passphrase unauthenticated unauthorized unauthorised`,
  SECRET:
    'token tokens secret secrets signature signatures hmac jwt signatur firma assinat~ подпис~ токен~ 签名 令牌 密钥 簽名 署名 서명',
  SIGNED: `signature signatures hmac signed signing signatur`,

  PATH: `path page pages route routes endpoint endpoints resource resources url uri file object document hook webhook page`,
  PLACE: `path page pages route routes endpoint endpoints`,
  REMOVED:
    'removed deleted gone retired decommissioned withdrawn dead vanished dropped geloscht supprim~ elimina~ удален~ 删除',

  FIELD: `id ids type email phone amount currency date range extension filename field fields parameter parameters param params argument arguments schema property properties attribute attributes`,
  INPUT: `payload payloads body request requests json xml field fields parameter parameters param params argument arguments schema event events message messages format property properties input inputs syntax attribute attributes notification pedido`,
  TAKE: `accept* acceptable process* parse* understand understood understands handle* support* take takes took taken taking consume* interpret* deserialize* deserialise* decode* digest* ingest*`,
  METHOD: `method methods verb verbs post put patch get`,
  BIG: `big large long huge oversized larger bigger longer exceed*`,

  RATE: `rate rates quota quotas throttle* throttling frequency ratelimit throughput allowance`,
  MANY: `many much often fast quickly rapidly frequent frequently high faster`,
  CALLS: `request requests call calls message messages hits deliveries events webhooks traffic volume posts notifications invocations`,
  LIMIT: `limit limits threshold maximum max cap ceiling`,
  REACHED:
    'reached hit exceeded exceeds exceeding used exhausted spent depleted surpassed violated over above up erreicht atteint alcanzado superad~ excedid~ 达到 超过 超出 超過 초과',

  PROGRAM: `application app script code handler lambda runtime program php backend controller servlet plugin function server endpoint receiver`,
  CRASH: `crash* errored exception exceptions throw throws threw thrown panic* panicked malfunction* bug bugs segfault traceback`,
  DOWN: `down offline maintenance overload* busy restart* starting asleep sleeping suspended paused stopped unavailable outage rebooting saturated unhealthy maintenance`,
  PROXY: `upstream upstreams backend backends gateway origin proxy balancer tunnel cdn`,

  PARSE: `parse* decode* decompress* decompression interpret* understand understood readable unreadable sense deserialize*`,
  REPLY:
    'response responses reply replies answer answers respone antwort reponse respuesta resposta risposta ответ 响应 回复 応答 응답',

  BLOCK: `block* ban banned blacklist* blocklist* denylist* forbid* forbids forbidden prohibit* disallow* restrict* restriction denied deny gesperrt`,
  PRIVATE: `private localhost loopback intranet rfc1918`,
  INNER: `private internal local loopback localhost reserved intranet lan`,
  PUBLIC: `public publicly`,
  PUBLICLY: `publicly`,
  IGNORE: `ignore* skip skips skipped skipping`,
  POINT: `points resolves resolved`,
  TALK: `communication communicate*`,
  CONTAIN: `contain* include*`,
  SECURITY: `security firewall waf`,
  ALLOW: `allow* permit permits permitted accept* acceptable support* valid whitelist* allowlist* whitelisted allowed legal usable safe zulassig`,
  OVERLOAD: `overload* overloading maintenance congest* congestion saturat* capacity`,
  TARGET: `url uri address addresses ip ips host hostname domain destination target scheme port urls hosts domains`,
}

/** The words of each idea, in all languages. */
export const VOCABULARY: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ENGLISH).map(([idea, words]) => [idea, `${words} ${WORLD[idea] ?? ''}`.replaceAll('\n', ' ')]),
)
