import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort, host } from '../support/evergrant.ts';
import { useFolder } from '../support/folder.ts';
import { startProcess } from '../support/process.ts';
import { until } from '../support/wait.ts';

const program = [process.env['NGINX_PATH'], '/usr/sbin/nginx'].find((path) => path && existsSync(path));

const absent =
  'These tests need nginx, which is neither at NGINX_PATH nor at /usr/sbin/nginx (Debian: apt-get install -y nginx-light).';

/** A suite behind a real nginx. Without one it is skipped, loudly; where CI is set that is a failure. */
export const describeBehindNginx = (name: string, suite: () => void): void => {
  if (program) {
    describe(name, suite);
    return;
  }
  console.warn(`SKIPPED “${name}”. ${absent}`);
  test(name, (context) => {
    if (process.env['CI']) expect.fail(absent);
    context.skip(absent);
  });
};

/** The server block that docs/self-hosting.md gives to operators. */
const documented = (): string => {
  const guide = readFileSync(new URL('../../../../docs/self-hosting.md', import.meta.url), 'utf8');
  return /```nginx\n([\s\S]*?)```/.exec(guide)![1]!;
};

/** @throws when it is not there as often as it is expected: the document has changed */
const replace = (text: string, from: string, to: string, times: number): string => {
  expect(text.split(from).length - 1, from).toBe(times);
  return text.replaceAll(from, to);
};

/** A certificate that this process trusts from now on. */
const makeCertificate = (folder: string) => {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', `subjectAltName=DNS:localhost,IP:${host}`];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'pipe',
  });
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(certificate, 'utf8')]);
  return { key, certificate };
};

/** A port of nginx and what belongs to it, before it runs. */
export interface Nginx {
  /** Where browsers reach it. */
  url: string;
  /** Serves what listens on a port until the test ends. */
  start(port: number): Promise<void>;
  /** What its logs hold. */
  logs(): string;
}

/** nginx with the documented server block, which lets this computer alone use the API, on a free port. */
export const prepareNginx = async (): Promise<Nginx> => {
  const folder = useFolder();
  mkdirSync(join(folder, 'temporary'));
  const listening = await freePort();
  const { key, certificate } = makeCertificate(folder);
  const logs = ['access.log', 'error.log'].map((name) => join(folder, name));

  const configure = (port: number): string => {
    let block = documented();
    block = replace(block, 'listen 443 ssl', `listen ${host}:${listening} ssl`, 1);
    block = replace(block, 'connect.example.com;', 'localhost;', 1);
    block = replace(block, '/etc/ssl/connect.example.com.pem', certificate, 1);
    block = replace(block, '/etc/ssl/connect.example.com.key', key, 1);
    block = replace(block, 'http://127.0.0.1:3000', `http://${host}:${port}`, 3);
    block = replace(block, '10.0.0.0/8', '127.0.0.0/8', 1);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    return [
      // Started by root it would give its work to a user who may not enter the folder.
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      'daemon off;',
      'worker_processes 1;',
      `pid ${join(folder, 'nginx.pid')};`,
      `error_log ${logs[1]};`,
      'events {}',
      'http {',
      `access_log ${logs[0]};`,
      ...temporary.map((name) => `${name}_temp_path ${join(folder, 'temporary', name)};`),
      block,
      '}',
    ].join('\n');
  };

  return {
    url: `https://localhost:${listening}`,
    async start(port) {
      const file = join(folder, 'nginx.conf');
      writeFileSync(file, configure(port));
      const nginx = startProcess(program!, ['-p', folder, '-c', file, '-e', logs[1]!], { cwd: folder });
      onTestFinished(async () => {
        nginx.signal('SIGTERM');
        await nginx.ended;
      });
      await until('nginx listens', async () => {
        if (nginx.hasEnded())
          throw new Error(`nginx does not start:\n${nginx.output()}${readFileSync(logs[1]!, 'utf8')}`);
        return listens(listening);
      });
    },
    logs: () => logs.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('\n'),
  };
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
