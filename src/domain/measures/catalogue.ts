import type { Cause } from '../cause.ts'

/** What to do about a cause. Texts may hold the placeholders endpoint, host, port, url, code, status, expiry. */
export interface Measure {
  readonly meaning: string
  /** In the order in which they are best made. */
  readonly checks: readonly string[]
  readonly mends: readonly string[]
  /** How to know that it is mended. */
  readonly mended: string
}

/** One source for the API, log fields, span events and docs/measures.md. */
export const MEASURES: Readonly<Record<Cause, Measure>> = {
  dns: {
    meaning: 'The name {host} could not be resolved, so no connection was tried.',
    checks: [
      'Ask a public resolver: dig +short {host} A; dig +short {host} AAAA',
      'Follow the delegation from the root: dig +trace {host}',
      'See whether the domain’s registration or its DNSSEC signatures have expired: whois and delv {host}',
      'Look for a change of the zone or of external-dns around the first failure',
    ],
    mends: [
      'Restore the record, or renew the domain',
      'Wait for the time to live of the wrong or negative answer to pass',
    ],
    mended: 'Several public resolvers give the expected address, and the probe passes its phase resolve.',
  },
  connection_refused: {
    meaning: 'The host answered that nothing listens on port {port}.',
    checks: [
      'See whether the application or the proxy in front runs and listens on port {port}: ss -ltn',
      'Kubernetes: kubectl get pods,endpointslices; no ready pod behind the Service means nobody listens',
      'Look for a deployment or a crash around the first failure',
      'See whether {host} still resolves to the right address',
    ],
    mends: ['Start it again, roll the deployment back, or correct port and Service selector'],
    mended: 'nc -vz {host} {port} connects, and the probe passes its phase connect.',
  },
  connection_reset: {
    meaning: 'A connection was made and then reset before an answer was complete.',
    checks: [
      'Look for restarts or out-of-memory kills of the application around the failure',
      'Compare the idle time-outs of load balancer and application: the application’s must be the longer one',
      'Look for a firewall or intrusion prevention that resets connections',
    ],
    mends: [
      'Drain connections when stopping; set the application’s keep-alive above the load balancer’s',
      'Allow the platform’s addresses in the firewall',
    ],
    mended: 'Probes answer without a reset for the quiet time.',
  },
  unreachable: {
    meaning: 'There was no route to the address of {host}.',
    checks: [
      'Compare the address of {host} with the one that the load balancer has now',
      'See whether an AAAA record points to an address that is not served',
      'Look at routes, security groups and network policies',
    ],
    mends: ['Correct the record or the route; remove the AAAA record if IPv6 is not served'],
    mended: 'The probe passes its phase connect, over IPv4 and IPv6.',
  },
  tls: {
    meaning: 'The TLS handshake with {host} failed, or its certificate did not verify.',
    checks: [
      'Look at the certificate that is served: openssl s_client -connect {host}:{port} -servername {host} -showcerts',
      'See when it ends ({expiry}) and for which names it stands',
      'See whether the intermediate certificates are served, not the leaf alone',
      'Look at the issuer: cert-manager’s Certificate and Order, or the ACME client’s log',
    ],
    mends: [
      'Renew the certificate, serve the full chain, and reload what terminates TLS',
      'Find out why the renewal did not happen by itself, and alert on days left',
    ],
    mended: 'The probe passes its phase tls, and its certificate has more than 14 days left.',
  },
  timeout: {
    meaning: 'There was no answer within the platform’s patience.',
    checks: [
      'Look at the handler’s latency around the failure; RETM’s own budget for an answer may be a second',
      'Look at saturation: CPU throttling, connection pools, locks, a slow database',
      'If nothing arrived at all, look at firewalls that drop instead of refuse',
    ],
    mends: [
      'Answer first and work later: store the event, return 202, and let a queue do the rest',
      'Scale out, or mend what the handler waits for',
    ],
    mended: 'The 99th percentile of the handler stays below a second, and the probe is quick.',
  },
  redirect: {
    meaning: 'The URL answers with a redirect, which a webhook sender does not follow.',
    checks: [
      'See where it leads: curl -sI {url}',
      'Look for a forced https, a missing or extra slash, a www host, or a login page in front',
    ],
    mends: ['Register the final URL with the platform, or exempt the path from the redirect'],
    mended: 'curl -sI {url} shows no Location, and the probe is up.',
  },
  authentication: {
    meaning: 'The endpoint refused the platform’s credentials or signature.',
    checks: [
      'See whether the token or secret was changed on one side only',
      'Compare the scheme: Authorization: Bearer, as the platform sends it',
      'Look for a proxy or gateway that removes the Authorization header, or asks for its own',
    ],
    mends: ['Give both sides the same token; accept the old one beside the new one while rotating'],
    mended: 'The next delivery is accepted; a probe sends no credential and cannot prove it.',
  },
  not_found: {
    meaning: 'The server answered, but nothing is at that path.',
    checks: [
      'Compare the registered URL {url} with the application’s routes, character by character',
      'See whether a deployment moved the route, or an ingress rewrites the path',
      'See whether the route takes POST',
    ],
    mends: ['Restore the route, or register the right URL with the platform'],
    mended: 'A POST to the path is answered by the application; a probe sends none and cannot prove it.',
  },
  rejected: {
    meaning: 'The application refused the request as wrong (code {code}).',
    checks: [
      'Look at the application’s log for the validation error at that time',
      'Compare the body that the platform sends with the schema that the handler expects: a field may be new or null',
      'See whether Content-Type, size limit or method is refused by a proxy in front',
    ],
    mends: ['Accept what the platform sends; store what cannot be handled, answer 2xx and look at it later'],
    mended: 'A stored body of a refused delivery is accepted when sent again.',
  },
  rate_limited: {
    meaning: 'Something in front of the application, or the application, limited the platform’s rate.',
    checks: [
      'Find who answers 429: the header names of gateway, CDN or application tell',
      'Compare the limit with the platform’s bursts',
    ],
    mends: ['Exempt the platform from the limit, or raise it; take bursts with a queue'],
    mended: 'No 429 in the access log at the next burst.',
  },
  server_error: {
    meaning: 'The application failed while it handled the delivery (code {code}).',
    checks: [
      'Look at the application’s log and error tracker at the time of the failure',
      'Look for a deployment or migration just before the first failure',
      'See whether its database and other dependencies were well',
    ],
    mends: ['Roll back or mend the exception; answer before the work that may fail'],
    mended: 'A stored body of a failed delivery is handled without an error.',
  },
  unavailable: {
    meaning: 'A proxy in front had no healthy application to pass the delivery to (code {code}).',
    checks: [
      'Kubernetes: kubectl get pods,endpointslices; look at readiness and restarts',
      'Look at the load balancer’s target health and its health check’s path',
      'Look for a deployment without a surge, or a scale-down at that time',
    ],
    mends: ['Bring healthy replicas back; give deployments a surge and a graceful stop'],
    mended: 'The probe is up, and the load balancer counts at least two healthy targets.',
  },
  protocol: {
    meaning: 'What came back was not a whole HTTP answer.',
    checks: [
      'See whether scheme and port belong together: https on a TLS port, http on a plain one',
      'Look for crashes of the handler that cut an answer short',
      'See whether a proxy in between speaks another protocol (HTTP/2 or PROXY protocol) than the application expects',
    ],
    mends: ['Correct scheme or port of the registered URL, or the proxy’s protocol towards the application'],
    mended: 'curl -v {url} gets a whole answer, and the probe is up.',
  },
  blocked: {
    meaning: 'A firewall, challenge page or the sender’s own rules stopped the request.',
    checks: [
      'Look at the log of the web application firewall or CDN for the platform’s requests',
      'See whether the registered URL is one that the platform refuses to call: private, local, or an unusual port',
    ],
    mends: ['Allow the platform’s addresses for this path and turn challenges off there', 'Register a public URL'],
    mended: 'The firewall’s log shows the platform’s next request as passed.',
  },
  unknown: {
    meaning: 'Neither the code nor the message says why.',
    checks: [
      'Look whether the request arrived: access log of proxy and application at the time of the failure',
      'Look at what changed just before the first failure: deployment, DNS, certificate, firewall',
      'Ask the platform for its delivery log with the time and the code {code}',
    ],
    mends: [
      'Follow what the logs show; map the platform’s number in the source’s codes, so that it is known next time',
    ],
    mended: 'No report for the quiet time, and probes are good.',
  },
}
