// The yardstick: nginx with a static 600-byte file over the same TLS, certificates and protocols.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import tls from 'node:tls';
import path from 'node:path';
import { HOST, Http2Client } from '../../tests/e2e/lib/client.mjs';
import { until } from '../../tests/e2e/lib/command.mjs';

const FILE_BYTES = 600;

// Client certificates are asked for and checked, as dancu does; nothing is logged.
function configuration(folder, demo, port) {
    return `worker_processes auto;
pid ${folder}/pid;
error_log ${folder}/error.log;
daemon off;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    types { application/json json; }
    server {
        listen ${HOST}:${port} ssl http2 backlog=4096;
        ssl_certificate ${demo.tls}/cert.pem;
        ssl_certificate_key ${demo.tls}/key.pem;
        ssl_client_certificate ${demo.dir}/ca.pem;
        ssl_verify_client on;
        ssl_protocols TLSv1.2 TLSv1.3;
        root ${folder}/www;
        open_file_cache max=10;
    }
}
`;
}

export class Nginx {
    constructor(child, port, folder) {
        this.child = child;
        this.port = port;
        this.folder = folder;
    }

    // Puts a file beside the other one that is as large as the answer to that ask; gives its size.
    async answer(body, server) {
        const { demo } = server;
        const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        const { text, status } = await client.post('/v1/lookup', body);
        await client.close();
        if (status !== 200) {
            throw new Error(`no answer to be like: ${text}`);
        }
        writeFileSync(path.join(this.folder, 'www/large.json'), text);
        return Buffer.byteLength(text);
    }

    async stop() {
        const ended = new Promise((resolve) => {
            this.child.on('close', resolve);
        });
        this.child.kill('SIGTERM');
        await ended;
        rmSync(this.folder, { recursive: true, force: true });
    }
}

function handshakes(port, demo) {
    return new Promise((resolve) => {
        const socket = tls.connect({ host: HOST, port, ca: demo.ca, servername: 'localhost' });
        socket.on('secureConnect', () => {
            socket.destroy();
            resolve(true);
        });
        socket.on('error', () => resolve(false));
    });
}

// One that nobody listens on; nginx takes no 0.
function freePort() {
    return new Promise((resolve) => {
        const listener = createServer().listen(0, HOST, () => {
            const { port } = listener.address();
            listener.close(() => resolve(port));
        });
    });
}

export async function startNginx(demo) {
    const port = await freePort();
    const folder = path.join(demo.dir, 'nginx');
    mkdirSync(path.join(folder, 'www'), { recursive: true });
    writeFileSync(path.join(folder, 'www/static.json'), `"${'x'.repeat(FILE_BYTES - 2)}"`);
    for (const part of [demo.dir, folder, path.join(folder, 'www')]) {
        chmodSync(part, 0o755); // its workers are another user when it is started as root
    }
    const file = path.join(folder, 'nginx.conf');
    writeFileSync(file, configuration(folder, demo, port));
    const child = spawn('/usr/sbin/nginx', ['-p', folder, '-c', file, '-e', `${folder}/error.log`],
        { stdio: ['ignore', 'inherit', 'inherit'] });
    process.on('exit', () => child.kill('SIGTERM'));
    await until('nginx listens', () => handshakes(port, demo));
    return new Nginx(child, port, folder);
}
