/**
 * The same ideas in German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Turkish, Chinese, Japanese and
 * Korean. A tilde stands for any ending (`verweiger~`: verweigert, verweigerte, verweigern); of ideographs two are a word.
 */
export const WORLD: Readonly<Record<string, string>> = {
  NOT: `nicht kein keine keinen ohne fehlt fehlend~ unmogl~ pas sans aucun aucune impossib~ manque manquant~ sin ningun~ falta
    faltan nao sem nenhum~ impossiv~ non senza nessun~ manca niet geen zonder ontbreek~ nie brak niemozl~ не нет без
    невозможн~ отсутств~ degil yok 不 未能 无法 不能 没有 不可 不存 不到 缺少 無法 沒有 せん ない なか 없습 없음 못했 없는`,
  FAIL: `fehler~ fehlgesch~ gescheit~ echec echou~ erreur~ fallo fallos fallid~ fallad~ falha~ falhou erro erros
    errore errori fallit~ mislukt~ fout fouten blad~ niepowod~ ошибк~ сбой~ неуда~ hata~ basaris~ 失败 错误 异常 故障 失敗 錯誤 異常 エラ
    실패 오류`,
  BAD: `ungultig~ falsch~ fehlerhaft~ unerwart~ invalid~ incorrec~ inattend~ mauvais~ inesperad~ formad~ malform~ incorret~
    inaspett~ scorret~ ongeldig~ onjuist~ onverwac~ nieprawid~ niepoprawn~ nieoczek~ неверн~ недопуст~ некоррект~ недейств~
    неправил~ неожид~ gecersiz~ hatali 无效 非法 不正 不合 無效 無効 잘못 유효`,
  NEED: `erforder~ benotig~ requis~ requier~ requer~ obligat~ necesari~ necessar~ richiest~ vereist~ wymagan~ требует~ обязател~
    gerekli muss mussen doit doivent debe deben deve devem devono moet moeten musi musza должен должна должны 需要 必须 必要 필요`,

  DOMAIN: 'domain~ dominio~ domaine~ rechnernam~ домен~ имя 域名 主机 主機 ドメ ホス 도메 호스',
  FIND: `gefunden finden bekannt existier~ trouve~ parven~ nexiste existe existent encontr~ encuentr~ trovat~ trovar~ esiste gevonden
    bestaat znalez~ istniej~ найден~ существ~ bulunam~ 找到 不到 存在 知道 見つ 찾을`,
  LOOKUP: '查找 查询 查詢',
  RESOLVE: `aufgelos~ auflos~ namensauf~ resoud~ resolut~ resolver resolv~ resoluc~ resoluç~ resolve~ risol~ risolt~ risoluz~ rozpozn~
    rozwiaz~ разреш~ cozum~ 解析 解決 확인`,
  UNRESOLVED: 'unbekannt~ inconnu~ desconoc~ desconhec~ sconosci~ onbekend~ nieznan~ неизвест~ bilinmey~ 未知',
  IP: 'adresse adressen direccion endereco indirizzo adres адрес 地址 アド 주소',

  HOST: `host~ serveur~ servid~ serwer~ сервер~ узел узла dienst~ servic~ servizio sito sitio сервис~ uslug~ sunucu~ zielserver~ gegenstel~ 服务 主机
    伺服 サー 서버 网站`,
  CONNECT: `связи связь lacznos~ verbind~ connexion~ connect~ conexi~ conexao~ conex~ conect~ conness~ collegam~ polacz~ соедин~ подключ~ baglan~ 连接 連接 連線
    接続 연결`,
  LINK: `связи связь lacznos~ verbind~ connexion~ connecter conexi~ conexao~ conectar conness~ conness connett~ polacz~ соедин~ подключ~ baglan~ 连接 連接
    連線 接続 연결`,
  REACH: `erreich~ joign~ joind~ atteind~ contact~ acced~ alcanz~ alcanc~ acess~ raggiun~ bereik~ osiag~ достуч~ доступ~ ulasil~ 访问 到达
    到達 도달`,
  UNREACHABLE: 'injoignab~ inalcanz~ inacess~ inacces~ irraggiun~ onbereik~ nieosiag~ недоступ~',
  REFUSE: `verweiger~ abgelehn~ ablehn~ lehnt abgewies~ zuruckgew~ refus~ rejet~ rechaz~ deneg~ recus~ rejeit~ negad~ rifiut~
    respint~ geweiger~ afgewez~ odrzuc~ odmow~ отказ~ отклон~ отверг~ redded~ 拒绝 拒絕 拒否 거부`,
  PORT: 'порт~ puerto porta port 端口',
  RESET:
    'zuruckges~ reinicia~ reinici~ reiniti~ restablec~ redefin~ ripristin~ resetow~ сброш~ сброс~ sifirlan~ 重置 重設 リセ 재설',
  CLOSE: `geschlos~ beende~ getrennt unterbro~ abgebro~ ferme~ interrom~ interromp~ coupe~ perdue perdu cerrad~ cerro perdid~
    encerr~ fechad~ chius~ interrot~ gesloten verbrok~ zamkn~ przerw~ закры~ разорв~ прерв~ потеря~ kapat~ 关闭 断开 中断 丢失 斷開 關閉 切断
    閉じ 끊어 종료`,
  NET: 'netzwerk~ reseau rede rete red siec сеть сети ag 网络 網路 ネッ 네트',

  TLS: 'sicherheit~ verschluss~ gesichert~ sichere securis~ segur~ sicur~ beveilig~ szyfrow~ защищ~ безопасн~ guvenli 握手 加密 安全 暗号 암호 보안',
  CERT: `certif~ zertifi~ serverzert~ certyfi~ сертиф~ sertifi~ 证书 憑證 證書 証明 인증`,
  CA: 'aussteller~ emetteur emisor emissor emittente zwischenz~ 颁发 签发',
  TRUST: 'vertrau~ confian~ confiar confia fiducia affidab~ fiable vertrouw~ zaufan~ доверен~ довер~ 信任 信頼 신뢰',
  VERIFY: `verifi~ verific~ validier~ uberpruf~ pruf~ проверк~ провер~ weryfik~ dogrul~ 验证 校验 驗證 検証 검증`,
  EXPIRE: `abgelauf~ expir~ caduc~ vencid~ venció scadut~ verlopen wygas~ истек~ истёк просроч~ doldu 过期 到期 過期 期限 만료`,
  MATCH: 'ubereinst~ stimmt correspond~ coincid~ corrispond~ overeen~ zgodn~ совпада~ соответ~ 匹配 一致 不符',

  ANSWER: `antwort~ geantwort~ reagier~ repons~ repond~ respues~ responde~ respond~ respost~ rispos~ rispond~ antwoord~ reageer~
    odpowied~ ответ~ yanit~ cevap~ 响应 回复 应答 回應 応答 응답`,
  REPLY:
    'antwort reponse respuesta resposta risposta antwoord odpowiedz odpowiedzi respuestas antworten reponses ответ ответа yanit 响应 回复 回應 応答 응답',
  DATA: 'daten donnees datos dados dati gegevens данные 数据 資料 デー 데이',
  EMPTY: 'leer~ vide vuot~ vaci~ vazi~ puste pusta пуст~ bos 为空 空的 空响 空の 빈',
  SEND: `zwroc~ zwraca~ recue recus obtuv~ obtid~ obtenu~ прислал~ прислан~ вернул~ uzyska~ dosta~ obten~ otten~ verkreg~ bekomm~ krijg~ erhalten empfang~ zuruckgeg~ recu renvoy~ recib~ devuel~ receb~ ricev~ ontvang~ otrzym~ получ~ вернул~ 收到 返回 接收 受信`,
  LATE: `langsam lange langer rechtzeit~ lent lente trop lento tarda~ tardo demor~ tropp~ lentamen~ langzaam wolno медлен~ вовремя
    temps tempo tijd 太慢 太久 缓慢 过长 时间`,
  UNIT: 'sekund~ minuten secondes segund~ secondi minut~ секунд~ минут~ saniye 秒 秒钟 毫秒 分钟 초',
  TIME: 'zeit zeitraum delai temps tiempo tempo plazo prazo tijd czas czasu врем~ sure 时间 時間 시간',
  EXCEED: `uberschrit~ depass~ superad~ supero agotad~ agoto exced~ esgotad~ estour~ supera~ overschr~ przekro~ превыш~ asildi 超过
    超出 超過 초과`,
  WAIT: 'warte~ attente attendr~ espera esperar attesa aguard~ wachten oczekiw~ ожидан~ bekleme 等待 待機',

  REDIRECT:
    'weiterleit~ umleit~ rediri~ redirec~ reindiri~ doorverw~ omleid~ przekiero~ przekier~ перенапр~ yonlend~ 重定 跳转 轉址 リダ 리디',

  AUTH: `authentif~ autoris~ autoriz~ anmeld~ berechti~ zugangsd~ zugriff~ identifian~ contrasen~ credenc~ credenz~ senha permiso
    permisos permiss~ permess~ autentic~ autenti~ kennwort passwort inloggeg~ aanmeld~ uwierz~ autoryz~ logowan~ upraw~ авториз~ аутентиф~ пароль
    kimlik yetki~ 认证 鉴权 授权 权限 密码 登录 認證 認証 パス ユー 権限 권한 인증`,
  SECRET: 'podpis podpisu jeton jetons signatur firma assinat~ подпис~ токен~ imza 签名 令牌 密钥 簽名 署名 서명 토큰',
  SIGNED: 'signatur firma assinat~ подпис~ 签名 簽名 署名 서명',

  PATH: `seite pfad ressource page pagina ressourc~ recurso risorsa strona strony zasob~ страни~ ресурс~ sayfa 路径 页面 资源 接口 地址 ペー
    페이 리소`,
  PLACE: 'seite pfad pagina страни~ 路径 页面 接口',
  REMOVED: 'geloscht supprim~ eliminad~ eliminat~ removid~ verwijder~ usunie~ удален~ silindi 删除 已删 削除 삭제',

  FIELD:
    'feld felder parameter parametr~ paramet~ campo campos champ veld pole параметр~ поле 参数 字段 參數 パラ 매개',
  INPUT: `anfrage anforder~ nachricht requete~ demande solicitud~ peticion~ requisic~ solicitac~ pedido richiest~ verzoek aanvraag
    zadani~ запрос~ istek parametr~ 请求 参数 消息 格式 請求 參數 要求 リク 요청`,
  TAKE: `analiz~ analys~ interpret~ verarbeit~ akzept~ angenomm~ unterstut~ traite~ accepte~ acept~ proces~ procesar aceit~ accett~ elabor~ verwerk~ akcept~
    przetw~ obslug~ обработ~ принят~ поддерж~ islenem~ 处理 接受 支持 識別`,
  METHOD: 'methode~ metodo~ metod~ метод~ 方法 メソ',
  BIG: 'gross grosse lang grande groot 过大 太大 过长',

  RATE: '速率 频率 流量 配额 頻率 速度',
  MANY: 'viele trop muchas muchos demasia~ muit~ excess~ troppe troppi veel wiele wielu zbyt много cok 频繁 过多 太多 過多 多す 많습 너무',
  CALLS: `zapytan zapytania requisicoes anfragen requetes solicitudes peticiones solicitacoes requisicoes richieste verzoeken zapytan zadan запросов istek 请求 调用 次数
    請求 要求 リク 요청`,
  LIMIT: 'limite limit~ grenze maxim~ максим~ лимит~ sinir 限制 上限 最大 제한 한도',
  REACHED:
    'erreicht uberschr~ atteint~ depasse~ alcanzad~ superad~ excedid~ atingid~ raggiunt~ bereikt osiagnie~ превыш~ 达到 超过 超出 超過 초과',

  PROGRAM: 'anwendung application aplicacion applicazione aplikac~ приложен~ uygulama 程序 应用 アプ',
  DOWN: `uberlast~ wartung~ verfugbar surcharg~ indispon~ dispon~ maintenance mantenim~ manuten~ sobrecar~ beschikb~ onderhoud
    niedostep~ przeciaz~ перегру~ обслужив~ недоступ~ bakim 维护 繁忙 过载 宕机 停机 可用 利用 メン 점검`,
  OVERLOAD: 'uberlast~ surcharg~ sobrecar~ sovracc~ overbel~ przeciaz~ перегру~ 过载 繁忙',
  PROXY: '网关 代理 上游 后端 網關',
  PARSE: 'decod~ dekod~ gelesen lesbar lire lisible leggere lezen gelezen odczyt~ прочит~ декодир~ 解码 解析 读取',

  BLOCK: `blockier~ gesperrt bloqu~ bloccat~ interdi~ proibid~ prohibid~ verboten geblokk~ zablok~ niedozwol~ verilmiyor verilmez заблок~ запрещ~ engell~ 拦截 禁止 屏蔽
    阻止 封禁 차단`,
  PRIVATE: 'privat~ prive privad~ 内网 私有 本地 內網 内部',
  INNER:
    'interne internes internen interno interna interni wewnetrzn~ lokal~ locale locales locaux locali locais yerel локальн~ внутрен~ 内网 内部 本地 内網 内网 로컬',
  PUBLIC: `offentl~ publique publiques publico publica publicos publicas publiek pubblic~ openbar~ openbaar publiczn~ публичн~ общедост~ 公网 公开 外网 公開 公网 공개`,
  PUBLICLY: 'offentl~ publiquem~ publicame~ pubblicam~ openbaar publicznie публично',
  IGNORE: 'ignor~ ubersprun~ omitid~ pominie~ pomija~ пропущ~ игнорир~ 忽略 跳过 無視 무시',
  POINT: 'punta apunta aponta pointe zeigt verweist wijst wskazuje указывает resuelve resolve risolve 指向 解析',
  TALK: 'kommunik~ comunic~ komunik~ 通信 通讯',
  CONTAIN:
    'conter contem contener contiene contenir contient enthalt~ contenere contiene bevat~ zawier~ содерж~ 包含 携带 含む 포함',
  SECURITY: `sicherheit~ securite seguridad seguranca sicurezza beveilig~ veilighei~ bezpieczen~ безопасно~ guvenlik 安全 防护 防火 セキ 보안 방화`,
  ALLOW: `erlaubt zulassig gestattet gultig~ autoris~ permis permitid~ valide valido valida validos validi permess~ consentit~ toegest~ dozwol~ разреш~ izin izni
    允许 允許 許可 有效 허용`,
  TARGET:
    'lurl ladresse lindirizzo adresse adressen adresses adresy adresu adresler adreslere direcciones enderecos indirizzi адреса адресам адресов direccion endereco indirizzo adres адрес 地址 アド 주소',
}
