import { list, type Rule } from '../phrases.ts'

/** Wordings that have no cause of their own and tell how another one is to be read. */
export const CONTEXT: readonly Rule[] = [
  {
    id: 'context.client',
    marks: ['client'],
    source: 'first words of what HTTP clients say of their own request',
    phrases: list(`
      curl error, c url error, curl, curle, libcurl, dial tcp, dial udp, httpsconnectionpool,
      https connection pool, http connection pool, error sending request, failed to open tcp connection,
      faraday, net open timeout, net read timeout, guzzle http, request to, request failed reason,
      java net, javax net, requests exceptions, urllib3, httpx, httpcore, aiohttp, axios error,
      connect ECONNREFUSED, connect ETIMEDOUT, read ECONNRESET, getaddrinfo ENOTFOUND,
      getaddrinfo EAI_AGAIN, system net http, http request exception, mint transport error,
      transport error, webhook delivery failed, delivery failed, delivery attempt, nsurlerrordomain,
      nsurl error domain, winhttp, fetch failed, und_err, socket exception, no route to host exception,
      unknown host exception, connect exception, hyper error, reqwest error, client os error
    `),
  },
  {
    id: 'context.service',
    marks: ['service'],
    source:
      "services that applications use, by their common names: an answer whose body names one tells of the application's trouble",
    phrases: list(`
      database, databases, db, sql, sqlstate, mysql, mysqli, mariadb, postgres, postgresql, pg, psql,
      sqlite, oracle, ora, mssql, redis, valkey, memcached, memcache, mongo, mongodb, mongoose,
      mongoserverselectionerror, cassandra, dynamodb, elasticsearch, opensearch, kafka, rabbitmq, amqp,
      nats, sqs, queue, broker, smtp, mailer, mail server, ldap, jdbc, hikari, hikaripool, odbc, prisma,
      sequelize, typeorm, hibernate, activerecord, active record, pdo, pdoexception, doctrine, eloquent,
      entity framework, connection pool, query, transaction, lock wait, deadlock, cache, microservice,
      internal api, internal service, downstream, upstream service, dependency, payment service,
      inventory service, order service, user service, auth service, s3, bucket, vault, consul, etcd,
      zookeeper, third party, third-party, external api, external service, traceback, stack trace,
      template, undefined method, nullpointerexception, module not found, service timed out,
      service unavailable upstream, server selection, backend service, api call failed,
      failed to fetch from, could not save, failed to process, while processing, handler error, lambda,
      worker
    `),
  },
  {
    id: 'context.service.place',
    marks: ['service'],
    source:
      "IANA service names and port numbers of databases, caches and queues; a loopback address in an answer is of the receiver's own host (RFC 6890)",
    phrases: list(`
      1433, 1521, 2181, 2379, 3306, 5432, 5672, 6379, 6432, 9042, 9092, 9200, 11211, 26379, 27017, 127.0.0.1,
      port 6033, localhost
    `),
  },
]
