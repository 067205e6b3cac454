import { list, type Rule } from '../phrases.ts'

const rfc9110 = 'RFC 9110 section 15 and RFC 6585 reason phrases, and their names in frameworks'

/** Names of HTTP statuses, and what receivers, proxies and platforms say instead of them. */
export const HTTP_NAMES: readonly Rule[] = [
  {
    id: 'http.401',
    status: 401,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      unauthorized, unauthorised, unauthenticated, authentication required, authorization required,
      authorisation required, authenticationfailed, authentication failed, authentication failure,
      authentication error, not authenticated, not authorized, not authorised, authorization failed,
      authentication is required, nicht autorisiert, non autorisé, no autorizado, não autorizado,
      non autorizzato, niet geautoriseerd, nieautoryzowany, не авторизован, несанкционированный,
      yetkisiz, 未授权, 未經授權, 未经授权, 認証されていません, 許可されていません, 권한이 없음, 권한이 없습니다, 인증되지
    `),
  },
  {
    id: 'http.403',
    status: 403,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      forbidden, access denied, permission denied, permission_denied, access {4} denied|refused|forbidden, denied|denies|refused|refuses {2} access, refusing|refuses|refused to respond, acl denied, denied by {1} acl, access forbidden,
      verboten, unzulässig, zugriff verweigert, interdit, accès refusé, prohibido, acceso denegado,
      proibido, acesso negado, non consentito, accesso negato, accesso non consentito, verboden,
      toegang geweigerd, zabronione, odmowa dostępu, запрещено, доступ запрещен, отказано в доступе,
      yasak, erişim engellendi, 禁止, 已禁止, 访问被拒绝, 拒绝访问, 禁止访问, 存取被拒, 禁止されています, アクセスが拒否, 사용할 수 없음, 금지됨,
      액세스 거부, 접근 거부
    `),
  },
  {
    id: 'http.404',
    status: 404,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      not found, notfound, page not found, cannot post, cannot put, no route matched, no route found,
      route not found, no matching route, no route matches, endpoint not found, resource not found,
      resource_not_found, no such route, default backend 404, no handler found, no static resource,
      does not exist on this server, not found on this server, no longer exists,
      requested url was not found, webhook is not registered, response flags NR, response_flags NR,
      response flag NR, route_not_found, no route configured
    `),
  },
  {
    id: 'http.404.localised',
    status: 404,
    rank: 'outer',
    source: rfc9110,
    phrases: list(`
      nicht gefunden, introuvable, non trouvé, no encontrado, não encontrado, não localizado, non trovato, niet gevonden,
      nie znaleziono, nie odnaleziono, не найден, не найдено, не найдена, bulunamadı, 未找到, 找不到, 見つかりません, 찾을 수 없음,
      찾을 수 없습니다
    `),
  },
  {
    id: 'http.404.exact',
    status: 404,
    rank: 'decisive',
    source: 'documented texts of web servers and frameworks for an unknown route',
    phrases: list(`
      was not found on this server, 404 page not found, no such route, cannot post,
      had its name changed, had its name changed {3} temporarily unavailable, requested webhook {4} not registered, unknown webhook
    `),
  },
  {
    id: 'http.410',
    status: 410,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      resource is gone, status gone, is gone, http gone, permanently removed,
      resource is no longer available, resource no longer available
    `),
  },
  {
    id: 'http.400',
    status: 400,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      bad request, badrequest, ungültige anforderung, demande incorrecte, requête incorrecte,
      solicitud incorrecta, solicitação incorreta, richiesta non valida, ongeldige aanvraag,
      nieprawidłowe żądanie, недопустимый запрос, неверный запрос, hatalı istek, 错误的请求, 要求錯誤, 不正な要求,
      잘못된 요청, client error
    `),
  },
  {
    id: 'http.405',
    status: 405,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      method not allowed, methodnotallowed, method_not_allowed, http method {3} not supported,
      request method {3} not supported, method {2} is not supported, unzulässige methode,
      methode nicht zulässig, méthode non autorisée, método no permitido, método não permitido,
      metodo non consentito, не разрешенный метод, 不允许的方法, 方法不被允许, 許可されていないメソッド,
      method {3} not {1} supported|accepted|permitted
    `),
  },
  { id: 'http.406', status: 406, rank: 'phase', source: rfc9110, phrases: ['not acceptable'] },
  { id: 'http.408', status: 408, rank: 'phase', source: rfc9110, phrases: ['request time-out'] },
  {
    id: 'http.409',
    status: 409,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      http conflict, status conflict, conflict error
    `),
  },
  { id: 'http.411', status: 411, rank: 'decisive', source: rfc9110, phrases: ['length required'] },
  {
    id: 'http.412',
    status: 412,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      precondition failed, failed_precondition, precondition required
    `),
  },
  {
    id: 'http.413',
    status: 413,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      payload too large, request entity too large, entity too large, content too large,
      request body too large, request too large, request body is too large, payload_too_large,
      body exceeded, message too large, anforderungsentität zu groß
    `),
  },
  {
    id: 'http.414',
    status: 414,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      uri too long, request-uri too large, url too long, url|uri {4} longer|long|large {1} than
    `),
  },
  {
    id: 'http.415',
    status: 415,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      unsupported media type, unsupportedmediatype, media type not supported,
      media type is not supported, content type not supported, content type is not supported,
      content|media type {3} not {1} supported|accepted|allowed|permitted, unsupported content type
    `),
  },
  { id: 'http.417', status: 417, rank: 'decisive', source: rfc9110, phrases: ['expectation failed'] },
  { id: 'http.421', status: 421, rank: 'decisive', source: rfc9110, phrases: ['misdirected request'] },
  {
    id: 'http.422',
    status: 422,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      unprocessable, unprocessable entity, unprocessable content, validation failed, validation error,
      validation errors, schema validation, invalid payload, invalid json, invalid request, out_of_range,
      failed validation, payload rejected, rejected by the {3} endpoint|receiver|server, invalid body,
      malformed json, malformed request, missing required, unsupported payload, code invalid_argument,
      status invalid_argument, 3 invalid_argument, statuscode.invalid_argument
    `),
  },
  { id: 'http.426', status: 426, rank: 'decisive', source: rfc9110, phrases: ['upgrade required'] },
  {
    id: 'http.428',
    status: 428,
    rank: 'phase',
    source: rfc9110,
    phrases: list(`
      precondition required, payment required, unavailable for legal reasons, failed dependency,
      i'm a teapot
    `),
  },
  {
    id: 'http.431',
    status: 431,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      request header fields too large, request header or cookie too large, header fields too large,
      csrf token mismatch, page expired, csrf verification failed, invalid csrf token
    `),
  },
  {
    id: 'http.429',
    status: 429,
    rank: 'decisive',
    source: `${rfc9110}; gRPC RESOURCE_EXHAUSTED; Envoy response flag RL`,
    phrases: list(`
      too many requests, toomanyrequests, too_many_requests, rate limit, rate limits, rate limited,
      rate-limited, ratelimit, rate_limited, rate limiting, ratelimited, ratelimiter, rate exceeded,
      throttled, throttling, throttle, throttles, throttling exception, request limit exceeded,
      requests limit exceeded, too many calls, api limit, quota exceeded, quota exhausted,
      exceeded {3} quota, exceeded your {3} limit, resource_exhausted, resource exhausted, slow down,
      slowdown, over_query_limit, calls per second, requests per second, requests per minute,
      response flags RL, response_flags RL, local_rate_limited, you are being rate limited,
      request_rate_limited, exceeded rate, enhance your calm, zu viele anfragen, zu viele anforderungen,
      trop de requêtes, demasiadas solicitudes, demasiadas peticiones, muitas solicitações,
      muitas requisições, troppe richieste, te veel aanvragen, te veel verzoeken, zbyt wiele żądań,
      слишком много запросов, çok fazla istek, 请求过多, 请求过于频繁, 請求過多, 要求が多すぎます, リクエストが多すぎ, 요청이 너무 많
    `),
  },
  {
    id: 'http.500',
    status: 500,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      internal server error, internalservererror, internal_server_error, interner serverfehler,
      erreur interne du serveur, error interno del servidor, error interno en el servidor,
      erro interno do servidor, errore interno del server, interne serverfout, wewnętrzny błąd serwera,
      внутренняя ошибка сервера, sunucu iç hatası, 内部服务器错误, 服务器内部错误, 內部伺服器錯誤, 内部サーバー エラー, 内部サーバーエラー,
      내부 서버 오류, insufficient storage, http version not supported, status internal,
      variant also negotiates, server encountered an internal error, encountered an internal error,
      encountered an unexpected condition, encountered an unexpected error,
      end of script output before headers, premature end of script headers, malformed header from script
    `),
  },
  { id: 'http.4xx', status: 400, rank: 'phase', source: rfc9110, phrases: ['4xx'] },
  { id: 'http.5xx', status: 500, rank: 'phase', source: rfc9110, phrases: ['5xx'] },
  { id: 'http.3xx', status: 302, rank: 'outer', source: rfc9110, phrases: ['3xx'] },
  {
    id: 'http.500.class',
    status: 500,
    rank: 'phase',
    source: 'class names and texts of frameworks',
    phrases: list(`
      server error, servererror, loop detected, not {2} implemented, null pointer exception, lambda error,
      function_invocation_failed, server failed to process
    `),
  },
  {
    id: 'http.502',
    status: 502,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      bad gateway, badgateway, encountered a temporary error|problem|failure, bad_gateway, proxy error, ungültiges gateway, passerelle incorrecte,
      puerta de enlace no válida, puerta de enlace incorrecta, gateway incorreto, gateway non valido,
      ongeldige gateway, nieprawidłowa brama, недопустимый шлюз, ошибочный шлюз, hatalı ağ geçidi, 错误的网关,
      網關錯誤, 不正なゲートウェイ, 잘못된 게이트웨이
    `),
  },
  {
    id: 'http.503',
    status: 503,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      service unavailable, serviceunavailable, service_unavailable, service temporarily unavailable,
      server unavailable, temporarily unavailable, service is unavailable, service is not available,
      service not available, temporarily overloaded, page could not be served, temporarily {3} down|offline|overloaded, over capacity, server too busy,
      down for maintenance, under maintenance, maintenance mode, scheduled maintenance, site is down,
      backend fetch failed, dienst nicht verfügbar, server nicht verfügbar, service non disponible,
      serveur non disponible, servicio no disponible, servidor no disponible, serviço indisponível,
      servidor indisponível, servizio non disponibile, server non disponibile, service niet beschikbaar,
      usługa niedostępna, serwer niedostępny, сервис недоступен, служба недоступна, сервер недоступен,
      hizmet kullanılamıyor, sunucu kullanılamıyor, 服务不可用, 服务器不可用, 服務無法使用, 伺服器無法使用, サービスを利用できません,
      サーバーを使用できません, サービス利用不可, 서비스를 사용할 수 없
    `),
  },
  {
    id: 'http.504',
    status: 504,
    rank: 'decisive',
    source: rfc9110,
    phrases: list(`
      gateway timeout, gatewaytimeout, gateway time-out, gateway_timeout, gateway timed out,
      gateway-timeout, 网关超时, 閘道逾時, ゲートウェイ タイムアウト, ゲートウェイタイムアウト, 게이트웨이 시간 초과
    `),
  },
  {
    id: 'http.redirect',
    status: 302,
    rank: 'decisive',
    source: `curl 47; fetch standard; RFC 9110 section 15.4`,
    phrases: list(`
      too many redirects, redirects too deep, redirection too deep, max_redirect, unsafe_redirect, invalid redirect, redirecting too many times, too_many_redirects, toomanyredirects, maximum redirects,
      maximum number of redirects, max redirects, maxredirects, maximum redirect, maximum redirection,
      maximum automatic redirections, redirects exceeded, redirect limit, redirection limit,
      redirect loop, redirect_loop, redirection loop, infinite redirect, endless redirect,
      circular redirect, circularredirectexception, cyclic redirect, too many redirections,
      too many follow-up requests, follow-up requests, unexpected redirect,
      redirects are not {2} allowed|followed|supported|permitted,
      redirect {2} not {2} allowed|followed|supported|permitted,
      redirects not {2} allowed|followed|supported|permitted,
      redirection {2} not {2} allowed|followed|supported|permitted,
      redirect|redirects|redirection|redirected {5} blocked|refused|rejected|disallowed|denied|forbidden|prohibited, redirects disabled, redirect mode {3} error,
      not follow redirect|redirects|redirection, refused to follow {3} redirect,
      stopped after {2} redirects, redirect error, redirect failed, redirected too many times,
      redirect from {4} to, redirect|redirected|redirects to {3} untrusted|unsafe|insecure|different|another|external|unknown, redirect to {6} refused, redirected, redirect_failed, attempted to redirect,
      httpToHTTPSRedirection, ERR_FR_TOO_MANY_REDIRECTS, ERR_TOO_MANY_REDIRECTS, hit maximum amount,
      moved permanently, moved temporarily, permanent redirect, temporary redirect, see other,
      object moved, redirect detected, responded with a redirect, response was a redirect,
      returned a redirect, redirect response, got redirect, http redirect, redirection http,
      exceeded {3} redirects, unexpected redirection, redirects limit, umleitungen, weiterleitungen,
      trop de redirections, demasiadas redirecciones, demasiados redireccionamientos, redirecionamentos,
      troppi reindirizzamenti, te veel omleidingen, przekierowań, перенаправлений, yönlendirme sayısı,
      重定向, 重新導向, リダイレクト, 리디렉션
    `),
  },
  {
    id: 'auth.credentials',
    cause: 'authentication',
    rank: 'reason',
    source: 'RFC 6750 error codes, RFC 7235; texts of receivers and platforms for a bad credential',
    phrases: list(`
      invalid_token, invalid token, invalid auth, auth credentials, auth failed, auth error, invalid_auth, token expired, expired token, token has expired, invalid credentials,
      bad credentials, security token {6} invalid|expired, wrong credentials, missing credentials, invalid api key, invalid access token,
      api key is invalid, missing authorization, missing authentication, invalid authentication,
      invalid bearer, invalid password, wrong password, login denied, login failed, login_denied,
      userauthenticationrequired, credentials rejected, proxy authentication, proxy auth,
      insufficient_scope, invalid_client, access token expired, invalid jwt, jwt expired,
      user is not authorized, response flags UAEX, response_flags UAEX, ext_authz, no authorization, no|missing|without {2} auth|authorization|authentication header,
      basic auth, invalid username or password, incorrect password, unauthorized_client,
      rbac access denied, www-authenticate, autenticação necessária, authentifizierung fehlgeschlagen,
      échec de l'authentification, error de autenticación, falha na autenticação,
      autenticazione non riuscita, 认证失败, 身份验证失败, 鉴权失败, 認証に失敗, 인증 실패
    `),
  },
  {
    id: 'auth.signature',
    cause: 'authentication',
    rank: 'reason',
    marks: ['signature'],
    source: 'texts of receivers for a signature that does not verify (RFC 2104, RFC 9421, Standard Webhooks)',
    phrases: list(`
      invalid signature, bad signature, wrong signature, signature invalid, signature is invalid,
      signature {4} invalid, signature mismatch, signature_mismatch, signatures do not match,
      signatures don't match, signature does not match, signaturedoesnotmatch, signature did not match,
      signature doesn't match, signature not valid, signature verification, signature verify,
      signature validation, signature check failed, verify {3} signature, validate {3} signature,
      verifying {3} signature, signature could not be verified, no signatures found,
      no matching signature, no signature, missing signature, missing {3} signature, signature missing,
      signature header, signature error, signature failed, incorrect signature,
      unable to verify signature, hmac, hmac validation, invalid hmac, webhook verification,
      request signature, ungültige signatur, signature invalide, firma inválida, firma no válida,
      assinatura inválida, firma non valida, неверная подпись, geçersiz imza, 签名错误, 签名验证, 签名无效, 验签失败,
      署名が無効, 署名の検証, 서명이 잘못, invalid {2} signature, bad {2} signature, incorrect {2} signature,
      wrong {2} signature, signature rejected, signature {2} rejected, signature {2} not accepted,
      signature {2} not {2} valid|verified|accepted|correct|recognized,
      timestamp {4} outside|tolerance|skew, outside {2} tolerance, replay {1} detected|attack,
      webhook|signing|shared secret {3} mismatch|incorrect|wrong|invalid, secret {2} not {1} match, bad|wrong|invalid digest, digest mismatch,
      sha|sha1|sha256|sha512|md5|hash|checksum|sign {2} mismatch|mismatched, sha|sha1|sha256|md5|hash|checksum|sign {3} not {1} match|valid|matching,
      invalid|wrong|incorrect|bad|missing {1} hash|checksum|md5|sha|sha1|sha256|sign, 签名不匹配, 签名校验
    `),
  },
]
