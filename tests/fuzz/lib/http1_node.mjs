// How Node's HTTP server reads bytes: through its public face, a Duplex given as a connection.
import http from 'node:http';
import { Duplex } from 'node:stream';

export const SENTINEL = Buffer.from('GET /sentinel HTTP/1.1\r\nHost: sentinel\r\n\r\n');
const TURNS_MAX = 64;

class Socket extends Duplex {
    seen = { requests: [], error: undefined, refused: false };

    _read() {}

    _write(bytes, encoding, done) {
        // What Node answers by itself, without asking the handler: a refusal.
        this.seen.refused ||= bytes.toString('latin1').startsWith('HTTP/1.1 4');
        done();
    }
}

function take(request, response) {
    const parts = [];
    const { seen } = request.socket;
    const kept = {
        method: request.method, url: request.url, rawHeaders: request.rawHeaders, request,
        bodyOf: () => Buffer.concat(parts),
    };
    seen.requests.push(kept);
    request.on('data', (part) => parts.push(part));
    response?.end();
}

const server = http.createServer({ maxHeaderSize: 65536, keepAliveTimeout: 0, requestTimeout: 0 }, take);
server.on('checkContinue', take);
server.on('checkExpectation', take);
for (const event of ['connect', 'upgrade']) {
    server.on(event, (request, socket, rest) => {
        take(request, null);
        socket.seen.leaves = { event, rest };
    });
}
server.on('clientError', (error, socket) => {
    socket.seen.error = error.code ?? error.message;
});

function told(socket, end) {
    const { seen } = socket;
    const requests = seen.requests.map((kept) => ({
        method: kept.method, url: kept.url, rawHeaders: kept.rawHeaders, body: kept.bodyOf(),
        complete: kept.request.complete || seen.leaves !== undefined,
    }));
    const closed = seen.error === 'HPE_CLOSED_CONNECTION'; // bytes behind a request that says close
    return {
        requests,
        error: seen.error ?? (seen.refused ? 'answered 4xx' : undefined),
        leaves: seen.leaves, // HTTP/1.1 behind the head: CONNECT, or an upgrade that it takes
        endsRight: end === undefined || closed || seen.leaves?.rest.equals(SENTINEL) ||
            (requests.length === 2 && requests[1].url === '/sentinel' && requests[1].complete),
    };
}

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

// All that were begun are read to where the bytes go.
const settled = (socket) => socket.readableLength === 0 &&
    socket.seen.requests.every((kept) => !kept.request.complete || kept.request.readableLength === 0);

// Each input up to where ours ended (all of it, when ours did not), then a request that Node must
// find there as its second.
export async function nodeReads(inputs, ends) {
    const sockets = inputs.map((input, i) => {
        const socket = new Socket();
        socket.on('error', () => {});
        server.emit('connection', socket);
        socket.push(ends[i] === undefined ? input : Buffer.concat([input.subarray(0, ends[i]), SENTINEL]));
        return socket;
    });
    for (let turns = 0; turns < 2 || (turns < TURNS_MAX && !sockets.every(settled)); turns++) {
        await turn();
    }
    const all = sockets.map((socket, i) => told(socket, ends[i]));
    sockets.forEach((socket) => socket.destroy());
    return all;
}
