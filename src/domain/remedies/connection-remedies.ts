import type { RemedyTexts } from './remedy.ts'

/** Causes that stop a delivery before the application answers. */
export const CONNECTION_REMEDIES = {
  dns: {
    meaning: 'The name {host} could not be resolved, so no connection was attempted.',
    checks: [
      'Query a public resolver: `dig @1.1.1.1 +short {host} A; dig @1.1.1.1 +short {host} AAAA`',
      'Follow the delegation from the root: `dig +trace {host}`',
      'Check whether the domain registration or its DNSSEC signatures have expired: `whois {host}; delv {host}`',
      'Look for a change to the zone or to external-dns shortly before the first failure',
    ],
    fixes: [
      'Restore the record, or renew the domain',
      'Wait until the TTL of the wrong or negative answer has expired',
    ],
    verify: 'Several public resolvers return the expected address, and the probe passes its resolve phase.',
  },
  connection_refused: {
    meaning:
      'Could not connect to {host}, port {port}. It is not known yet whether the host refused the connection or was never reached.',
    checks: [
      "Find out which, from your machine and from another network: `curl --silent --show-error --head --connect-timeout 5 --max-time 10 '{url}'` (exit 6: name not resolved, 7: refused, 28: no answer, any HTTP status: open)",
      'Compare the address of {host} (`dig +short {host}`) with the load balancer’s (`kubectl get services,ingresses --all-namespaces`)',
      'Check that the application and the proxy in front of it are running and ready: `kubectl get pods,endpointslices --all-namespaces`',
      'Look for a deployment, a crash, or a DNS or firewall change shortly before the first failure',
    ],
    fixes: ['Roll back the change, start what is down, or correct the DNS record, the firewall or the Service'],
    verify: '`nc -vz -w 5 {host} {port}` connects, and the probe passes its connect phase.',
  },
  connection_refused_seen: {
    meaning: 'The host refused the connection: nothing is listening on port {port}.',
    checks: [
      'See whether the application, or the proxy in front of it, is running and listens on port {port}. On its host: `ss -ltn`',
      'Kubernetes: `kubectl get pods,endpointslices --all-namespaces`. Without a ready pod behind the Service, nothing is listening',
      'Look for a deployment or a crash shortly before the first failure',
      'Check that {host} still resolves to the right address',
    ],
    fixes: ['Restart it, roll back the deployment, or correct the port or the Service selector'],
    verify: '`nc -vz -w 5 {host} {port}` connects, and the probe passes its connect phase.',
  },
  connection_reset: {
    meaning: 'The connection was established, but reset before the response was complete.',
    checks: [
      'Look for restarts or out-of-memory kills of the application at the time of the failure',
      'Compare the idle timeouts of load balancer and application: the application’s must be longer',
      'Look for a firewall or intrusion prevention system that resets connections',
    ],
    fixes: [
      'Drain connections on shutdown, and set the application’s keep-alive timeout above the load balancer’s',
      'Allow the platform’s addresses in the firewall',
    ],
    verify: 'Probes succeed without a reset for the whole quiet time.',
  },
  unreachable: {
    meaning: 'There was no route to the address of {host}.',
    checks: [
      'Compare the address of {host} with the load balancer’s current address',
      'Check whether an AAAA record points to an address that is not in service',
      'Check routes, security groups and network policies',
    ],
    fixes: ['Correct the record or the route. Remove the AAAA record if IPv6 is not served'],
    verify: 'The probe passes its connect phase over IPv4 and, if there is an AAAA record, over IPv6.',
  },
  tls: {
    meaning: 'The TLS handshake with {host} failed, or its certificate could not be verified.',
    checks: [
      'Inspect the certificate and its expiry{expiry}: `openssl s_client -connect {host}:{port} -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate -ext subjectAltName`',
      'Check that the server sends the intermediate certificates, not only the leaf: `openssl s_client -connect {host}:{port} -servername {host} </dev/null 2>&1 | grep -E "^ *[0-9] s:|^ *i:|Verif"`',
      'Check the issuer: cert-manager’s Certificate and Order (`kubectl get certificates,orders --all-namespaces`), or the ACME client’s log',
    ],
    fixes: [
      'Renew the certificate, serve the full chain, and reload the proxy or load balancer that terminates TLS',
      'Find out why the automatic renewal failed, and alert on days left',
    ],
    verify: 'The probe passes its tls phase, and the certificate is valid for more than 14 days.',
  },
  tls_expired: {
    meaning: 'The certificate of {host} has expired{expiry}. Every client that verifies it refuses to connect.',
    checks: [
      'See which certificate is served and when it expires: `openssl s_client -connect {host}:{port} -servername {host} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate`',
      'cert-manager: `kubectl get certificates --all-namespaces`. For one that is not READY, `kubectl describe certificate` shows why it was not renewed',
      'If its Secret or file already holds a newer certificate, the TLS terminator has not loaded it',
    ],
    fixes: [
      'Renew it: with cert-manager `cmctl renew CERTIFICATE --namespace NAMESPACE`, otherwise with your ACME client (`certbot renew`)',
      'Reload the ingress controller or proxy that terminates TLS (`nginx -s reload`), and repeat the first check',
      'Tomorrow: find out why the automatic renewal failed, and set a `probe.interval` for the endpoint, so that an alert fires 21 days before expiry',
    ],
    verify: 'The first check shows an expiry date in the future, and the probe is up.',
  },
  timeout: {
    meaning: 'The endpoint did not answer before the platform’s timeout.',
    checks: [
      'Look for the request in the access log of the proxy in front of {host}. Present: the application was slow. Absent: it was dropped on the way, for example by a firewall',
      'Slow: check the handler’s latency at the time of the failure (some platforms wait only a second) and saturation: CPU throttling, connection pools, locks, a slow database',
      "Dropped: check whether anything answers: `curl --silent --show-error --head --max-time 10 '{url}'` (exit 28: no answer)",
    ],
    fixes: [
      'Acknowledge first, work later: store the event, return 202, and process it from a queue',
      'Scale out, or fix what the handler waits for',
    ],
    verify: 'The 99th percentile of the handler’s latency stays below one second, and the probe is up.',
  },
  timeout_connect: {
    meaning:
      'Nothing answers at {host}, port {port}: probably a firewall drops the packets, or no machine uses that address.',
    checks: [
      "Try to connect from your machine and from another network: `curl --silent --show-error --head --connect-timeout 5 --max-time 10 '{url}'` (exit 28: dropped, 7: refused, any HTTP status: open)",
      'Look for a change in front of it shortly before the first failure: firewall, security group, load balancer listener, network policies (`kubectl get networkpolicies --all-namespaces`)',
      'Compare the address of {host} (`dig +short {host}`) with the load balancer’s (`kubectl get services,ingresses --all-namespaces`)',
      'If it does not answer inside the cluster either, check the pods: `kubectl get pods,endpointslices --all-namespaces`',
    ],
    fixes: [
      'Open the path: roll back the change, or let the platform’s addresses reach port {port} of {host}',
      'Otherwise point the DNS record of {host} to an address that answers, and restore missing pods',
    ],
    verify: 'The first check gets an HTTP status, and the probe is up.',
  },
  timeout_up: {
    meaning: 'The platform gets no answer from {host} in time, but other clients do.',
    checks: [
      'Look for the platform’s POST in the access log of the proxy in front of {host} at the time of the failure. Present: the application was slow. Absent: it was dropped on the way',
      'Absent: compare everything that filters by address (firewall, security group, allowlist, web application firewall) with the platform’s addresses',
      'Present: check the handler’s latency (some platforms wait only a second) and saturation: CPU throttling, connection pools, locks, a slow database',
    ],
    fixes: [
      'Dropped: let the platform’s addresses reach port {port} of {host}',
      'Slow: acknowledge first, work later: store the event, return 202, and process it from a queue',
    ],
    verify:
      'The access log shows the platform’s next delivery with a 2xx status. A probe takes another path and cannot confirm it: the incident closes after the quiet time even if the path is still blocked.',
  },
} as const satisfies RemedyTexts
