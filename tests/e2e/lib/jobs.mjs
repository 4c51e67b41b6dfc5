// Jobs as their clients see them: a list is sent as it is made, a result read as it comes.
import http2 from 'node:http2';
import https from 'node:https';
import { once } from 'node:events';
import { checkResponse } from './contract.mjs';
import { HOST } from './client.mjs';
import { until } from './command.mjs';

const NDJSON = 'application/x-ndjson';
const WAIT_MS_MAX = 60_000;

// Every transport gives { status, headers, body } with the body as an async iterable of bytes.
async function over2(options, { method, path, headers, body }) {
    const session = http2.connect(`https://${HOST}:${options.port}`, { ...options, servername: 'localhost' });
    session.on('error', () => {});
    const stream = session.request({ ':method': method, ':path': path, ...headers },
        { endStream: body === undefined });
    stream.setTimeout(WAIT_MS_MAX, () => stream.close(http2.constants.NGHTTP2_CANCEL));
    let head;
    stream.on('response', (found) => {
        head = found;
    });
    const failed = new Promise((resolve, reject) => {
        stream.on('error', reject);
        stream.on('close', () => reject(new Error('no answer')));
    });
    const answered = head ?? once(stream, 'response');
    failed.catch(() => {});
    if (body !== undefined) {
        pump(body, stream).catch(() => {}); // a refusal may come before the end
    }
    await Promise.race([answered, failed]).catch((error) => {
        session.destroy();
        throw error;
    });
    const { ':status': status, ...rest } = head;
    async function* bytes() {
        try {
            for await (const part of stream) {
                yield part;
            }
            if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) {
                throw new Error(`broken off by ${stream.rstCode}`);
            }
        } finally {
            session.destroy();
        }
    }
    return { status, headers: rest, body: bytes() };
}

async function over1(options, { method, path, headers, body }) {
    const agent = new https.Agent({ ...options, servername: 'localhost', keepAlive: false });
    const request = https.request({ host: HOST, port: options.port, agent, method, path, headers });
    request.setTimeout(WAIT_MS_MAX, () => request.destroy(new Error('no answer in time')));
    const answered = once(request, 'response');
    answered.catch(() => {});
    if (body === undefined) {
        request.end();
    } else {
        pump(body, request).catch(() => {});
    }
    const [response] = await answered;
    async function* bytes() {
        for await (const part of response) {
            yield part;
        }
        if (!response.complete) {
            throw new Error('the answer was cut');
        }
    }
    return { status: response.statusCode, headers: response.headers, body: bytes() };
}

async function pump(body, stream) {
    for await (const part of body) {
        if (stream.destroyed) {
            return;
        }
        if (!stream.write(part)) {
            await new Promise((resolve) => {
                const go = () => {
                    stream.off('drain', go).off('close', go);
                    resolve();
                };
                stream.on('drain', go).on('close', go);
            });
        }
    }
    stream.end();
}

async function* linesOf(body) {
    const decoder = new TextDecoder('utf-8', { fatal: true }); // a letter may lie in two pieces
    let rest = '';
    for await (const part of body) {
        const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
        rest = lines.pop();
        yield* lines;
    }
    if (rest !== '') {
        throw new Error(`the last line has no end: ${rest.slice(0, 80)}`);
    }
}

async function whole(body) {
    const parts = [];
    for await (const part of body) {
        parts.push(part);
    }
    return Buffer.concat(parts);
}

// Pieces of a list, each of many lines.
export function* pieces(lines, bytes = 32 * 1024) {
    let piece = '';
    for (const line of lines) {
        piece += `${line}\n`;
        if (piece.length >= bytes) {
            yield Buffer.from(piece);
            piece = '';
        }
    }
    if (piece !== '') {
        yield Buffer.from(piece);
    }
}

export class JobClient {
    #options;
    #send;

    constructor(options, label = 'HTTP/2') {
        this.#options = options;
        this.#send = label === 'HTTP/2' ? over2 : over1;
    }

    // A whole answer, held against the contract.
    async #answer(request) {
        const { status, headers, body } = await this.#send(this.#options, request);
        const bytes = await whole(body);
        const text = bytes.toString();
        if (!request.off) {
            await checkResponse(request, { status, headers, bytes });
        }
        return { status, headers, text, json: /json/.test(headers['content-type']) ? JSON.parse(text) : undefined };
    }

    // body: an iterable of bytes.
    submit({ service = 'citizen.lookup', business, body, headers = {}, off = false }) {
        return this.#answer({
            method: 'POST', path: `/v1/jobs?service=${service}&business=${business}`, body, off,
            headers: { 'content-type': NDJSON, ...headers },
        });
    }

    // What no job can be called stands in no contract.
    show(id) {
        return this.#answer({ method: 'GET', path: `/v1/jobs/${id}`, headers: {}, off: !/^[0-9a-f]{32}$/.test(id) });
    }

    list() {
        return this.#answer({ method: 'GET', path: '/v1/jobs', headers: {} });
    }

    drop(id) {
        return this.#answer({ method: 'DELETE', path: `/v1/jobs/${id}`, headers: {} });
    }

    refused(id) {
        return this.#answer({ method: 'GET', path: `/v1/jobs/${id}/result`, headers: {} });
    }

    // The lines of a result, each an object.
    async* result(id, from) {
        const path = `/v1/jobs/${id}/result${from === undefined ? '' : `?from=${from}`}`;
        const { status, headers, body } = await this.#send(this.#options, { method: 'GET', path, headers: {} });
        if (status !== 200 || headers['content-type'] !== NDJSON) {
            throw new Error(`${path}: ${status} ${(await whole(body)).toString()}`);
        }
        for await (const line of linesOf(body)) {
            yield JSON.parse(line);
        }
    }

    // Until it is in one of these states.
    async settled(id, states = ['done'], timeoutMs = 60_000) {
        return until(`job ${id} is ${states.join(' or ')}`, async () => {
            const { status, json } = await this.show(id).catch(() => ({}));
            return status === 200 && states.includes(json.state) && json;
        }, { timeoutMs, everyMs: 50 });
    }
}
