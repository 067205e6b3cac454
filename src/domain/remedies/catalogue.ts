import { CAUSES, type Cause } from '../cause.ts'

/**
 * What is known better than a cause says: which part of it, or how far the platform gets. The set is closed: it is a label.
 */
const REFINEMENTS = {
  connection_refused_seen: 'connection_refused',
  tls_expired: 'tls',
  timeout_connect: 'timeout',
  timeout_up: 'timeout',
} as const satisfies Record<string, Cause>
/** A cause, or one of its refinements. */
export type RemedyId = Cause | keyof typeof REFINEMENTS
/** The cause that a remedy is for. */
export const causeOf = (id: RemedyId): Cause => REFINEMENTS[id as keyof typeof REFINEMENTS] ?? id
/** Each cause, and after it what refines it. */
export const REMEDY_IDS: readonly RemedyId[] = CAUSES.flatMap((cause): RemedyId[] => [
  cause,
  ...(Object.keys(REFINEMENTS) as (keyof typeof REFINEMENTS)[]).filter((id) => REFINEMENTS[id] === cause),
])

/**
 * What to do about a cause. Texts may hold the placeholders endpoint, host, port, url, code, status, expiry. A command
 * stands in backquotes, whole and ready to be pasted: it ends by itself, and a URL in it is quoted.
 */
export interface Remedy {
  readonly meaning: string
  /** In the order in which they are best made. */
  readonly checks: readonly string[]
  readonly fixes: readonly string[]
  /** How to know that the fix worked. */
  readonly verify: string
}

/** One source for the API, log fields, span events and docs/remedies.md. */
export const REMEDIES: Readonly<Record<RemedyId, Remedy>> = {
  dns: {
    meaning: 'The name {host} could not be resolved, so no connection was tried.',
    checks: [
      'Ask a public resolver: `dig @1.1.1.1 +short {host} A; dig @1.1.1.1 +short {host} AAAA`',
      'Follow the delegation from the root: `dig +trace {host}`',
      'See whether the domain’s registration or its DNSSEC signatures have expired: `whois {host}; delv {host}`',
      'Look for a change of the zone or of external-dns around the first failure',
    ],
    fixes: [
      'Restore the record, or renew the domain',
      'Wait for the time to live of the wrong or negative answer to pass',
    ],
    verify: 'Several public resolvers give the expected address, and the probe passes its phase resolve.',
  },
  connection_refused: {
    meaning:
      'No connection to {host}, port {port}, could be made. Nothing shows yet whether the host refused it or was never reached.',
    checks: [
      "See which of the two it is, from your machine and from another network: `curl --silent --show-error --head --connect-timeout 5 --max-time 10 '{url}'` (exit 6: the name does not resolve, 7: refused, 28: no answer, any HTTP status: open)",
      'Compare the address of {host} (`dig +short {host}`) with the load balancer’s (`kubectl get services,ingresses --all-namespaces`)',
      'See whether the application and the proxy in front run and are ready: `kubectl get pods,endpointslices --all-namespaces`',
      'Look for a deployment, a crash, or a change of DNS or firewall around the first failure',
    ],
    fixes: ['Undo the change, start what is down, or correct the record, the firewall, or the Service'],
    verify: '`nc -vz -w 5 {host} {port}` connects, and the probe passes its phase connect.',
  },
  connection_refused_seen: {
    meaning: 'The host answered that nothing listens on port {port}.',
    checks: [
      'See whether the application or the proxy in front runs and listens on port {port}, on its machine: `ss -ltn`',
      'Kubernetes: `kubectl get pods,endpointslices --all-namespaces`; no ready pod behind the Service means nobody listens',
      'Look for a deployment or a crash around the first failure',
      'See whether {host} still resolves to the right address',
    ],
    fixes: ['Start it again, roll the deployment back, or correct port and Service selector'],
    verify: '`nc -vz -w 5 {host} {port}` connects, and the probe passes its phase connect.',
  },
  connection_reset: {
    meaning: 'A connection was made and then reset before an answer was complete.',
    checks: [
      'Look for restarts or out-of-memory kills of the application around the failure',
      'Compare the idle time-outs of load balancer and application: the application’s must be the longer one',
      'Look for a firewall or intrusion prevention that resets connections',
    ],
    fixes: [
      'Drain connections when stopping; set the application’s keep-alive above the load balancer’s',
      'Allow the platform’s addresses in the firewall',
    ],
    verify: 'Probes answer without a reset for the quiet time.',
  },
  unreachable: {
    meaning: 'There was no route to the address of {host}.',
    checks: [
      'Compare the address of {host} with the one that the load balancer has now',
      'See whether an AAAA record points to an address that is not served',
      'Look at routes, security groups and network policies',
    ],
    fixes: ['Correct the record or the route; remove the AAAA record if IPv6 is not served'],
    verify: 'The probe passes its phase connect, over IPv4 and IPv6.',
  },
  tls: {
    meaning: 'The TLS handshake with {host} failed, or its certificate did not verify.',
    checks: [
      'Look at what is served, and until when ({expiry}): `openssl s_client -connect {host}:{port} -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate -ext subjectAltName`',
      'See whether the intermediate certificates are served, not the leaf alone: `openssl s_client -connect {host}:{port} -servername {host} </dev/null 2>&1 | grep -E "^ *[0-9] s:|^ *i:|Verif"`',
      'Look at the issuer: cert-manager’s Certificate and Order (`kubectl get certificates,orders --all-namespaces`), or the ACME client’s log',
    ],
    fixes: [
      'Renew the certificate, serve the full chain, and reload what terminates TLS',
      'Find out why the renewal did not happen by itself, and alert on days left',
    ],
    verify: 'The probe passes its phase tls, and its certificate has more than 14 days left.',
  },
  tls_expired: {
    meaning: 'The certificate of {host} has expired ({expiry}), so no client connects.',
    checks: [
      'See what is served, and until when: `openssl s_client -connect {host}:{port} -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate`',
      'cert-manager: `kubectl get certificates --all-namespaces`; of one that is not READY `kubectl describe certificate` says why it was not renewed',
      'If a newer certificate is in its Secret or file already, what terminates TLS has not loaded it',
    ],
    fixes: [
      'Renew it: `cmctl renew CERTIFICATE --namespace NAMESPACE` where cert-manager keeps it, else what the ACME client offers (`certbot renew`)',
      'Reload what terminates TLS (the ingress controller or proxy: `nginx -s reload`), and make the first check again',
      'Tomorrow: find out why it was not renewed by itself, and give the endpoint a `probe.interval`, so that its end is told 21 days before',
    ],
    verify: 'The first check shows an end in the future, and the probe is up.',
  },
  timeout: {
    meaning: 'There was no answer within the platform’s patience.',
    checks: [
      'Look for the request in the access log of whatever is in front of {host}: there, it was slow; not there, it was dropped on the way by a firewall',
      'Slow: look at the handler’s latency around the failure (RETM’s own budget for an answer may be a second), and at saturation: CPU throttling, connection pools, locks, a slow database',
      "Dropped: see whether anything answers: `curl --silent --show-error --head --max-time 10 '{url}'` (exit 28: no answer)",
    ],
    fixes: [
      'Answer first and work later: store the event, return 202, and let a queue do the rest',
      'Scale out, or mend what the handler waits for',
    ],
    verify: 'The 99th percentile of the handler stays below a second, and the probe is quick.',
  },
  timeout_connect: {
    meaning:
      'Nothing answers at {host}, port {port}: packets are dropped on the way, as a firewall does, or nothing is there.',
    checks: [
      "Try it from your machine, and from another network: `curl --silent --show-error --head --connect-timeout 5 --max-time 10 '{url}'` (exit 28: dropped, 7: refused, any HTTP status: open)",
      'Look at what was changed in front of it just before the first failure: firewall, security group, listener of the load balancer, network policies (`kubectl get networkpolicies --all-namespaces`)',
      'Compare the address of {host} (`dig +short {host}`) with the load balancer’s (`kubectl get services,ingresses --all-namespaces`)',
      'If it does not answer inside of the cluster either, look at the pods: `kubectl get pods,endpointslices --all-namespaces`',
    ],
    fixes: [
      'Open the path again: undo the change, or let the platform’s addresses reach port {port} of {host}',
      'Or point the record of {host} at an address that answers, and bring the pods back where they are gone',
    ],
    verify: 'The first check gets an HTTP status, and the probe is up.',
  },
  timeout_up: {
    meaning: 'The platform does not get an answer from {host} in time; others do.',
    checks: [
      'Look for the platform’s POST in the access log of whatever is in front of {host}, at the time of the failure: there means slow, not there means dropped on the way',
      'Not there: look at what filters by address (firewall, security group, allow-list, web application firewall), and compare it with the platform’s addresses',
      'There: look at the handler’s latency (RETM’s own budget for an answer may be a second) and at saturation: CPU throttling, connection pools, locks, a slow database',
    ],
    fixes: [
      'Dropped: let the platform’s addresses reach port {port} of {host}',
      'Slow: answer first and work later: store the event, return 202, and let a queue do the rest',
    ],
    verify:
      'The platform’s next delivery stands in the access log with a 2xx. A probe goes another way and cannot prove it: the incident closes after the quiet time though the path may still be shut.',
  },
  redirect: {
    meaning: 'The URL answers with a redirect, which a webhook sender does not follow.',
    checks: [
      "See where it leads: `curl --silent --head --max-time 10 '{url}'`",
      'Look for a forced https, a missing or extra slash, a www host, or a login page in front',
    ],
    fixes: ['Register the final URL with the platform, or exempt the path from the redirect'],
    verify: "`curl --silent --head --max-time 10 '{url}'` shows no Location, and the probe is up.",
  },
  authentication: {
    meaning: 'The endpoint refused the platform’s credentials or signature.',
    checks: [
      'See whether the token or secret was changed on one side only',
      'Compare the scheme: Authorization: Bearer, as the platform sends it',
      'Look for a proxy or gateway that removes the Authorization header, or asks for its own',
    ],
    fixes: ['Give both sides the same token; accept the old one beside the new one while rotating'],
    verify: 'The next delivery is accepted; a probe sends no credential and cannot prove it.',
  },
  not_found: {
    meaning: 'The server answered, but nothing is at that path.',
    checks: [
      'Compare the registered URL {url} with the application’s routes, character by character',
      'See whether a deployment moved the route, or an ingress rewrites the path',
      'See whether the route takes POST',
    ],
    fixes: ['Restore the route, or register the right URL with the platform'],
    verify: 'A POST to the path is answered by the application; a probe sends none and cannot prove it.',
  },
  rejected: {
    meaning: 'The application refused the request as wrong (code {code}).',
    checks: [
      'Look at the application’s log for the validation error at that time',
      'Compare the body that the platform sends with the schema that the handler expects: a field may be new or null',
      'See whether Content-Type, size limit or method is refused by a proxy in front',
    ],
    fixes: ['Accept what the platform sends; store what cannot be handled, answer 2xx and look at it later'],
    verify: 'A stored body of a refused delivery is accepted when sent again.',
  },
  rate_limited: {
    meaning: 'Something in front of the application, or the application, limited the platform’s rate.',
    checks: [
      'Find who answers 429: the header names of gateway, CDN or application tell',
      'Compare the limit with the platform’s bursts',
    ],
    fixes: ['Exempt the platform from the limit, or raise it; take bursts with a queue'],
    verify: 'No 429 in the access log at the next burst.',
  },
  server_error: {
    meaning: 'The application failed while it handled the delivery (code {code}).',
    checks: [
      'Look at the application’s log and error tracker at the time of the failure',
      'Look for a deployment or migration just before the first failure',
      'See whether its database and other dependencies were well',
    ],
    fixes: ['Roll back or mend the exception; answer before the work that may fail'],
    verify: 'A stored body of a failed delivery is handled without an error.',
  },
  unavailable: {
    meaning: 'A proxy in front had no healthy application to pass the delivery to (code {code}).',
    checks: [
      'Kubernetes: `kubectl get pods,endpointslices --all-namespaces`; look at readiness and restarts',
      'Look at the load balancer’s target health and its health check’s path',
      'Look for a deployment without a surge, or a scale-down at that time',
    ],
    fixes: ['Bring healthy replicas back; give deployments a surge and a graceful stop'],
    verify: 'The probe is up, and the load balancer counts at least two healthy targets.',
  },
  protocol: {
    meaning: 'What came back was not a whole HTTP answer.',
    checks: [
      'See whether scheme and port belong together: https on a TLS port, http on a plain one',
      'Look for crashes of the handler that cut an answer short',
      'See whether a proxy in between speaks another protocol (HTTP/2 or PROXY protocol) than the application expects',
    ],
    fixes: ['Correct scheme or port of the registered URL, or the proxy’s protocol towards the application'],
    verify: "`curl --verbose --head --max-time 10 '{url}'` gets a whole answer, and the probe is up.",
  },
  blocked: {
    meaning: 'A firewall, challenge page or the sender’s own rules stopped the request.',
    checks: [
      'Look at the log of the web application firewall or CDN for the platform’s requests',
      'See whether the registered URL is one that the platform refuses to call: private, local, or an unusual port',
    ],
    fixes: ['Allow the platform’s addresses for this path and turn challenges off there', 'Register a public URL'],
    verify: 'The firewall’s log shows the platform’s next request as passed.',
  },
  unknown: {
    meaning: 'Neither the code nor the message says why.',
    checks: [
      'Look whether the request arrived: access log of proxy and application at the time of the failure',
      'Look at what changed just before the first failure: deployment, DNS, certificate, firewall',
      'Ask the platform for its delivery log with the time and the code {code}',
    ],
    fixes: [
      'Follow what the logs show; map the platform’s number in the source’s codes, so that it is known next time',
    ],
    verify: 'No report for the quiet time, and probes are good.',
  },
}
