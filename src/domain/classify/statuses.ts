import { MARK } from './words.ts'

const set = (...texts: string[]) => new Set(texts.join(' ').split(' '))

/** Words right before an HTTP status, in the languages of the tables: whatever stands after it but a unit. */
const STATUS_BEFORE = set(
  'status statuscode code codes http https response responses responded returned returns return returning replied answered',
  'result outcome httpresult rejected refused with encountered error errors httperror failure failed 1.0 1.1 2.0 err',
  'statut estado stato statuskod statuswert stan statusu kod kodu kodem kodi код кодом кода статус статусом статуса durum',
  'fehler fehlercode fehlers antwortcode erreur erreurs erro erros errore errori foutcode fout blad bledu bledem ошибка ошибку ошибки ошибкой hata hatasi',
  'zuruckgegeben zuruck retourne renvoye devuelto devolvio retornou restituito kode httpstatus httpcode said says ответа ответ codigo codice',
  'actual actually instead responsecode returncode resultcode errorcode',
  '码 碼 ド 드 態 态 为 為 了 错 回 ー 류 송 答 误 誤',
)
/** Verbs and nouns that may also count things: the status ends the clause, or uncountable words follow. */
const VERB_BEFORE = set(
  'got gotten received saw seen hit sent gave get gets getting give gives giving given throw throws threw throwing thrown see sees seeing show shows showing shown fail fails failing',
  'gibt gab wirft warf recu dit donne arroja da dio gives geeft gaf krijg krijgt kreeg donosi daje dal отдает отдал выдает выдал',
  'dondu donuyor verdi veriyor aldi 报 到 是 现 出 应 應 が は 가 이',
)
/** The same by their first letters, for all persons and tenses. */
const VERB_STEMS = set(
  'recei answe respo repli reply sends sendi produ repor antwo geant liefe melde gemel sende schic bekom erhal renvo retou repon recev recoi',
  'obtie obten devue devol recib respu retor receb resti rispo ricev ritor ontva zwrac zwroc odpow otrzy верну возвр ответ отвеч получ yanit',
)
const isVerb = (word: string) => VERB_BEFORE.has(word) || (word.length > 4 && VERB_STEMS.has(word.slice(0, 5)))
/** What sends or takes a call: a number right behind it that ends the clause is its status. */
const NOUN_BEFORE = set('webhook webhooks ipn callback callbacks httpexception backend 调')
/** What may be glued to a status, as in HTTP_404. */
const NAMED = set('http https httpstatus status')
/** Words before which a number is certainly something else. */
const OTHER_NUMBER = set(
  'port ports line lines pid id ids after within in byte bytes attempt attempts retry retries errno sqlstate column col',
  'row rows size length took for every count total offset position version v number no order invoice user page item items max min than',
  'ticket puerto porta порт zeile ligne linea linha regel строка строке 行 号 nr zamowienie bestellung commande pedido ordine заказ nach apres despues dopo depois na po через',
)
const UNITS = set(
  'ms msec msecs millisecond milliseconds millis s sec secs second seconds m min mins minute minutes h hour hours us ns bytes byte b',
  'kb mb gb kib mib gib characters chars times retries attempts tries redirects items records rows requests lines percent x',
  'eur usd gbp pln rub euro euros dollar dollars orders messages events files users products entries deliveries webhooks notifications points days day',
  'sekunden sekunde millisekunden minuten secondes segundos secondi seconden sekund секунд мс bayt octets fois mal veces vezes volte keer razy раз 秒 毫 分 次 个 件 条 元 円 回 초 번 개 원',
)
/** Last words of the names of redirects, for `Found (302)`. */
const REDIRECTED = set('found permanently temporarily redirect redirected moved other')
/** Words that may come between: a status code of 404, got an unexpected 500. */
const FILLERS = set(
  'of from server is was fue foi era war etait byl byla a an the with unexpected invalid wrong bad following mit un um uma una con com avec met z с ein einen eine une des eenen een jakis lauter only just',
)
/** What makes of an announcing word another one: OS error 104, exit code 401, a Code of an NSError's Domain. */
const NOT_A_STATUS: Readonly<Record<string, ReadonlySet<string>>> = {
  error: set('os sql length'),
  code: set('exit domain nsurlerrordomain network nsposixerrordomain postal zip country'),
}
/** What follows a status without its having been announced: `404 Client Error`, `503 response`, `404-Fehler`. */
const STATUS_AFTER = set(
  'client server error errors response responses status fehler fehlermeldung erreur erreurs erro erros errore errori fout fouten foutmelding foutcode blad',
  'ошибка ошибку ошибки ошибкой hata hatasi hatalari antwort reponse respuesta resposta risposta antwoord odpowiedz ответ yanit yaniti エ 错 錯 에 오 응 응답 応',
)
/** What follows a verb's status: nothing that could be counted. */
const NOT_COUNTED = set(
  'from for on when in at by to while during as and but or with back again the a an is was because since http https code codes error errors response responses status',
  'instead of every each all only if after upon via through this that it please why even though despite',
  'von vom beim bei auf an zuruck als und fur wenn aus im mit statt fehler lors sur de du par pour dans au aux quand et a erreur sans',
  'al en del para por la el cuando y con desde ao aos no na do da das em e quando com dal dalla per il su bij op van voor terug met przy w z dla po od i',
  'при на от для в с и со из вместо ve icin ile 错 状 が を エ で に 응 을 를 로 으',
)
/** The first words of each status's name, for `404 Not Found` and `(503) Server Unavailable`. */
const NAMES: Readonly<Record<number, ReadonlySet<string>>> = Object.fromEntries(
  [
    '300 multiple, 301 moved, 302 found moved, 303 see, 304 not, 307 temporary, 308 permanent, 400 bad',
    '401 unauthorized unauthorised authorization nicht non, 402 payment',
    '403 forbidden access verboten interdit prohibido, 404 not page file nicht introuvable no, 405 method not',
    '406 not, 407 proxy, 408 request, 409 conflict, 410 gone, 411 length, 412 precondition',
    '413 payload request content entity, 414 uri request, 415 unsupported, 417 expectation, 418 i im unused',
    '419 page authentication, 421 misdirected, 422 unprocessable, 423 locked, 424 failed, 425 too, 426 upgrade',
    '428 precondition, 429 too, 431 request, 451 unavailable, 494 request, 495 ssl, 496 ssl no, 497 http, 499 client',
    '500 internal server interner erreur, 501 not, 502 bad proxy, 503 service server backend temporarily, 504 gateway',
    '505 http, 507 insufficient, 508 loop, 511 network, 520 web unknown, 521 web, 522 connection, 523 origin',
    '524 a timeout, 525 ssl, 526 invalid, 530 site origin',
  ].flatMap((line) => line.split(', ').map((name) => [name.slice(0, 3), set(name.slice(4))] as const)),
)
/** A port that is named often; no status. */
const HTTPS_PORT = 443

/** Whether the number before this word is an amount and no code: `seconds`, `bytes`. */
export const isUnit = (word: string): boolean => UNITS.has(word)
/** Whether the number behind this word is certainly no code: `id`, `port`, `line`. */
export const isOther = (word: string): boolean => OTHER_NUMBER.has(word)

/** Whether nothing more of the clause follows. */
const ends = (word: string | undefined) => word === undefined || word === '' || word === '|'

/**
 * @returns the status in one word with its announcement, as in `HTTP500` and `error404`; undefined for any other word
 */
export function glued(word: string): number | undefined {
  if (word.length < 5 || word.length > 9) return undefined
  const first = word.charCodeAt(word.length - 3)
  if (first < 0x33 || first > 0x35) return undefined
  const number = Number(word.slice(-3))
  return number >= 300 && /^(http|error|err|status|code)$/.test(word.slice(0, -3)) ? number : undefined
}

/**
 * Whether a number of a text is an HTTP status: 300 to 599 beside a word that announces one, and neither a quantity nor a
 * name of something.
 * @param at which word it is
 * @param mark its bits of MARK
 */
export function isStatus(number: number, at: number, texts: readonly string[], mark: number): boolean {
  if (number < 300 || number > 599 || number === HTTPS_PORT || (mark & MARK.NEGATIVE) !== 0) return false
  if ((mark & MARK.GLUED) !== 0) return NAMED.has(texts[at - 1] ?? '')
  const after = texts[at + 1] ?? ''
  if (texts.length === 1 || (at === 0 && (mark & MARK.TITLE) !== 0 && NAMES[number] !== undefined)) return true
  let back = 1
  while (back <= 3 && FILLERS.has(texts[at - back] ?? '')) back++
  if (texts[at - back] === '|') back++
  const before = texts[at - back] ?? ''
  const earlier = texts[at - back - 1] ?? ''
  const known = NAMES[number] !== undefined
  // `we see 429s`: words.ts reads a span of time there.
  if (known && after === 's' && SEVERAL.has(before) && !/^(timeout|of|to)$/.test(texts[at + 2] ?? '')) return true
  if (UNITS.has(after) && !/^status(code)?$/.test(texts[at - 1] ?? '')) return false
  if (after === 'of' && /^\d{1,6}$/.test(texts[at + 2] ?? '')) return false
  if (OTHER_NUMBER.has(before)) return false
  if (NAMES[number]?.has(after) || (after === 'unknown' && texts[at + 2] === 'status')) return true
  if (at === 0 && known && (STATUS_AFTER.has(after) || HANDLED.has(after))) return true
  if ((mark & MARK.PARENTHESES) !== 0 && (number >= 400 || REDIRECTED.has(texts[at - 1] ?? ''))) return true
  if (before === '' && at > 0) return false
  // Perl's LWP gives what went wrong in itself this status: `500 Can't connect to …`.
  if (number === 500 && after === 'can' && texts[at + 2] === 'not' && texts[at + 3] === 'connect') return false
  if (STATUS_BEFORE.has(before)) return !NOT_A_STATUS[before]?.has(earlier)
  if (/^[123]$/.test(before) && /^https?$/.test(earlier)) return true
  if (isVerb(before) && (ends(texts[at + 1]) || (known && NOT_COUNTED.has(after)))) return true
  if (known && NOUN_BEFORE.has(before) && ends(texts[at + 1])) return true
  return STATUS_AFTER.has(after) || (known && after === 'http')
}

/** Before several of one status. */
const SEVERAL = set(
  'get gets getting got see sees seeing saw return returns returned returning throw throws throwing fail fails failing failed http give gives giving receive receiving received',
)
/** What was done with the status that begins a text. */
const HANDLED = set('received returned back from on when while returns')
