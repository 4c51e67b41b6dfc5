// Clients: Node's own HTTP/2 and HTTP/1.1, and curl. Every answer has the same shape:
// { status, headers, text, json }, and is held against docs/openapi.yaml (contract.mjs).
import http2 from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';
import { run } from './command.mjs';
import { checkResponse } from './contract.mjs';

const ANSWER_MS_MAX = 30_000;
export const HOST = '127.0.0.1';

function answer(status, headers, bytes) {
    const text = bytes.toString();
    let json;
    if (/json/.test(headers['content-type'] ?? '') && text !== '') { // HEAD has none
        json = JSON.parse(text);
    }
    return { status, headers, text, bytes, json };
}

function credentials({ ca, cert, key, session, minVersion, maxVersion }) {
    return { ca, cert, key, session, minVersion, maxVersion, servername: 'localhost' };
}

class Client {
    // The same client for what is off the contract on purpose.
    get off() {
        return new OffContract(this);
    }

    // RST, GOAWAY, a closed connection or silence is an error, and so is what is not documented; an
    // HTTP status is not.
    async request(request) {
        const found = await this.send(request);
        await checkResponse(request, found);
        return found;
    }

    post(path, body, headers = {}) {
        const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
        return this.request({
            method: 'POST', path, body: text,
            headers: { 'content-type': 'application/json', ...headers },
        });
    }

    get(path, headers = {}) {
        return this.request({ method: 'GET', path, headers });
    }

    lookup(ask, headers) {
        return this.post('/v1/lookup', ask, headers);
    }
}

class OffContract extends Client {
    #client;

    constructor(client) {
        super();
        this.#client = client;
    }

    request(request) {
        return this.#client.request({ ...request, off: true });
    }
}

export class Http2Client extends Client {
    static label = 'HTTP/2';
    #session;
    #options;

    constructor(options) {
        super();
        this.#options = options;
    }

    connect() {
        if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
            this.#session = http2.connect(`https://${HOST}:${this.#options.port}`, {
                ...credentials(this.#options),
                settings: { enablePush: false },
            });
            this.#session.on('error', () => {}); // each request tells
            this.#session.socket.on?.('session', (session) => {
                this.tlsSession = session;
            });
        }
        return this.#session;
    }

    send({ method = 'GET', path, headers = {}, body }) {
        return new Promise((resolve, reject) => {
            const session = this.connect();
            const stream = session.request({ ':method': method, ':path': path, ...headers },
                { endStream: body === undefined });
            const parts = [];
            let head;
            stream.setTimeout(ANSWER_MS_MAX, () => stream.close(http2.constants.NGHTTP2_CANCEL));
            stream.on('response', (found) => {
                head = { ...found };
            });
            stream.on('data', (bytes) => parts.push(bytes));
            stream.on('error', reject);
            // Whole when its end has come; Node calls the stream closed only when the request is
            // sent to its end too, which an early refusal makes vain.
            stream.on('end', () => {
                if (head !== undefined && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) {
                    const { ':status': status, ...rest } = head;
                    const bytes = Buffer.concat(parts);
                    if (method !== 'HEAD' && bytes.length < Number(rest['content-length'])) {
                        reject(new Error('the answer was cut')); // the server died: no error to Node
                    } else {
                        resolve(answer(status, rest, bytes));
                    }
                    stream.close();
                }
            });
            stream.on('close', () => reject(new Error(session.encrypted === undefined ?
                'the connection ended before secure TLS connection was established' :
                `no answer (stream closed by ${stream.rstCode})`)));
            if (body !== undefined) {
                stream.end(body);
            }
        });
    }

    async close() {
        const session = this.#session;
        this.#session = undefined;
        if (session !== undefined && !session.destroyed) {
            await new Promise((resolve) => session.close(resolve));
        }
    }

    destroy() {
        this.#session?.destroy();
        this.#session = undefined;
    }
}

export class Http1Client extends Client {
    static label = 'HTTP/1.1';
    #agent;
    #options;

    constructor(options) {
        super();
        this.#options = options;
        this.#agent = new https.Agent({
            keepAlive: true, maxSockets: options.connections ?? 1, ...credentials(options),
        });
    }

    send({ method = 'GET', path, headers = {}, body }) {
        return new Promise((resolve, reject) => {
            const lengths = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
            const request = https.request({
                host: HOST, port: this.#options.port, agent: this.#agent, method, path,
                headers: { host: `localhost:${this.#options.port}`, ...lengths, ...headers },
            });
            request.setTimeout(ANSWER_MS_MAX, () => request.destroy(new Error('no answer in time')));
            request.on('error', reject);
            request.on('response', (response) => {
                const parts = [];
                response.on('data', (bytes) => parts.push(bytes));
                response.on('error', reject);
                response.on('end', () =>
                    resolve(answer(response.statusCode, response.headers, Buffer.concat(parts))));
            });
            request.end(body);
        });
    }

    async close() {
        this.#agent.destroy();
    }

    destroy() {
        this.#agent.destroy();
    }
}

export const protocols = [Http2Client, Http1Client];

// Bytes as they are over TLS, and all that comes back until the end (or until the wait is over).
export function raw({ port, ca, cert, key, alpn = ['http/1.1'] }, bytes, { waitMs = 3000 } = {}) {
    return new Promise((resolve, reject) => {
        const parts = [];
        const socket = tls.connect({
            host: HOST, port, ALPNProtocols: alpn, ...credentials({ ca, cert, key }),
        });
        const done = () => {
            socket.destroy();
            resolve(Buffer.concat(parts).toString('latin1'));
        };
        const timer = setTimeout(done, waitMs);
        socket.on('secureConnect', () => socket.write(bytes));
        socket.on('data', (part) => parts.push(part));
        socket.on('error', (error) => (parts.length > 0 ? done() : reject(error)));
        socket.on('close', () => {
            clearTimeout(timer);
            done();
        });
    });
}

export async function curl({ port, demo, name, protocol = '--http1.1', method = 'POST' }, path,
    args = []) {
    const { certPath, keyPath } = demo.client(name);
    const { status, stdout, stderr } = await run('curl', ['--silent', '--show-error', protocol,
        '--max-time', '20', '--cacert', `${demo.dir}/ca.pem`, '--cert', certPath, '--key', keyPath,
        '--resolve', `localhost:${port}:${HOST}`,
        '--write-out', '\n%{http_version} %{http_code} %{header_json}',
        ...args, `https://localhost:${port}${path}`]);
    if (status !== 0) {
        throw new Error(`curl: ${stderr}`);
    }
    const [, text, version, code, fields] = /^([^]*)\n(\S+) (\d+) (\{[^]*)$/.exec(stdout);
    const headers = Object.fromEntries(Object.entries(JSON.parse(fields))
        .map(([field, values]) => [field, values.join(', ')]));
    await checkResponse({ method, path }, { status: Number(code), headers, bytes: Buffer.from(text) });
    return { status: Number(code), version, text };
}
