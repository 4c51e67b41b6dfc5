// What hostile clients do: one row an attack. tests/fault/lib/attacker.mjs carries a row out.
//
//   on            the listeners it is tried on
//   client        whose certificate it shows; none by default
//   connections   kept open at once; who is ended connects anew, `again` times a second in all
//   perSecond     units a second over all connections: the attack's named bound
//   hello         first bytes of a connection
//   unit(c)       bytes of one unit; c.n counts the connection's units from 0
//   deaf          it reads nothing
//   tcp           bytes over TCP, below TLS
//   close         each connection is ended by its client when its first unit is out
//   control       another row beside which it is measured, where an attack is made of asks that have
//                 to be served: what is asked is not the attack, only how. Else the control burns as
//                 much processor time as the attacker does
import {
    block, data, END_HEADERS, END_STREAM, field, frame, goaway, headers, INITIAL_WINDOW, KIND, LEARNED,
    learned, openWindow, ping, PREFACE, reset, settings,
} from './frames.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const BOTH = ['machine', 'public'];
// Windows as wide as those of clients in use, so that answers are taken.
const hello2 = Buffer.concat([PREFACE, settings([INITIAL_WINDOW, 1 << 20]), openWindow(0, 1 << 30)]);
const odd = (c) => 2 * c.n + 1;
const path = (c) => (c.listener === 'machine' ? '/v1/lookup' : '/ledger/checkpoint');
const get = (c) => block('GET', c.listener === 'machine' ? '/nothing' : '/ledger/checkpoint');
const post = (c) => block('POST', path(c), JSON_TYPE);
const ask = (c) => Buffer.concat([headers(odd(c), post(c), END_HEADERS),
    data(odd(c), c.ask, END_STREAM)]);
const repeat = (bytes, times) => Buffer.concat(Array(times).fill(bytes));
const h2 = (row) => ({ alpn: 'h2', hello: hello2, connections: 4, again: 20, on: BOTH, ...row });
const h1 = (row) => ({ alpn: 'http/1.1', connections: 4, again: 20, on: BOTH, ...row });
const raw = (row) => ({ tcp: true, connections: 4, again: 50, on: BOTH, ...row });

const bomb = Buffer.concat([block('GET', '/'), learned('x-a', 'a'.repeat(4000)),
    Buffer.alloc(12_000, LEARNED)]);
const pieces = (bytes) => bytes.toString('latin1').match(/[^]{1,16384}/g)
    .map((part) => Buffer.from(part, 'latin1'));

function inPieces(stream, bytes) {
    const parts = pieces(bytes);
    return Buffer.concat(parts.map((part, i) => frame(i === 0 ? KIND.HEADERS : KIND.CONTINUATION,
        stream, part, (i === 0 ? END_STREAM : 0) | (i === parts.length - 1 ? END_HEADERS : 0))));
}

const HEAD1 = (c, rest) => Buffer.from(`POST ${path(c)} HTTP/1.1\r\nHost: localhost\r\n${rest}`);
const get1 = (c) => Buffer.from(`GET ${c.listener === 'machine' ? '/nothing' : '/healthz'} ` +
    'HTTP/1.1\r\nHost: localhost\r\n\r\n');
const body1 = (c, body) => HEAD1(c, `Content-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`);

const ASKS = 'asks, in good order';
const REQUESTS = 'requests, in good order';

// Not attacks: what some are measured beside.
export const CONTROLS = {
    [ASKS]: h2({ client: 'bank', perSecond: 2000,
        unit: (c) => (c.listener === 'machine' ? ask(c) : headers(odd(c), get(c))) }),
    [REQUESTS]: h2({ perSecond: 2500, unit: (c) => headers(odd(c), get(c)) }),
};

export const ATTACKS = {
    // HTTP/2
    'rapid reset': h2({
        perSecond: 10_000,
        unit: (c) => Buffer.concat([headers(odd(c), post(c), END_HEADERS), reset(odd(c))]),
    }),
    'rapid reset of whole asks': h2({
        on: ['machine'], client: 'bank', perSecond: 2000, control: ASKS,
        unit: (c) => Buffer.concat([ask(c), reset(odd(c))]),
    }),
    'resets made by the server: window overflow': h2({
        on: ['machine'], client: 'bank', perSecond: 2000, control: ASKS,
        unit: (c) => Buffer.concat([ask(c), openWindow(odd(c), 0x7fffffff)]),
    }),
    'resets made by the server: window of zero': h2({
        perSecond: 5000,
        unit: (c) => Buffer.concat([headers(odd(c), post(c), END_HEADERS), openWindow(odd(c), 0)]),
    }),
    'resets made by the server: body after its end': h2({
        perSecond: 5000,
        unit: (c) => Buffer.concat([headers(odd(c), get(c)), data(odd(c), Buffer.alloc(1))]),
    }),
    'CONTINUATION flood': h2({
        perSecond: 50_000,
        unit: (c) => (c.n === 0 ? headers(1, Buffer.from([0x82]), 0)
            : frame(KIND.CONTINUATION, 1, Buffer.from([0x86]))),
    }),
    'CONTINUATION flood of empty frames': h2({
        perSecond: 50_000,
        unit: (c) => (c.n === 0 ? headers(1, Buffer.from([0x82]), 0)
            : frame(KIND.CONTINUATION, 1)),
    }),
    'SETTINGS flood': h2({ perSecond: 50_000, unit: () => settings() }),
    'PING flood': h2({ perSecond: 50_000, unit: () => ping() }),
    'PING flood, unread': h2({ perSecond: 50_000, deaf: true, unit: () => ping() }),
    'empty DATA frames': h2({
        client: 'bank', perSecond: 50_000,
        unit: (c) => (c.n === 0 ? headers(1, post(c), END_HEADERS) : data(1, Buffer.alloc(0))),
    }),
    'PRIORITY flood': h2({
        perSecond: 50_000,
        unit: (c) => frame(KIND.PRIORITY, odd(c), Buffer.from([0, 0, 0, 0, 16])),
    }),
    'PUSH_PROMISE from a client': h2({
        perSecond: 1000, unit: () => frame(KIND.PUSH_PROMISE, 1, Buffer.alloc(4), END_HEADERS),
    }),
    'GOAWAY storm': h2({ perSecond: 50_000, unit: () => goaway() }),
    'frames of unknown kinds, 16 KiB each': h2({
        perSecond: 2000, unit: () => frame(KIND.UNKNOWN, 0, Buffer.alloc(16384)),
    }),
    'no window, many answers held': h2({
        client: 'bank', connections: 64, perSecond: 2000, control: ASKS,
        hello: Buffer.concat([PREFACE, settings([INITIAL_WINDOW, 0])]),
        unit: (c) => (c.n < 200 ? (c.listener === 'machine' ? ask(c) : headers(odd(c), get(c)))
            : null),
    }),
    'window opened byte by byte': h2({
        perSecond: 20_000, hello: Buffer.concat([PREFACE, settings([INITIAL_WINDOW, 1])]),
        unit: (c) => (c.n % 200 === 0 ? headers(odd(c), get(c))
            : openWindow(2 * (c.n - (c.n % 200)) + 1, 1)),
    }),
    'window overflow of the connection': h2({
        perSecond: 1000, unit: () => openWindow(0, 0x7fffffff),
    }),
    'HPACK bomb': h2({ perSecond: 500, unit: (c) => headers(odd(c), bomb) }),
    'HPACK table resized without end': h2({
        perSecond: 2000,
        unit: (c) => headers(odd(c), Buffer.concat([repeat(Buffer.from([0x20, 0x3f, 0xe1, 0x1f]), 2),
            get(c)])),
    }),
    'cookies of 15 KiB': h2({
        perSecond: 1000,
        unit: (c) => headers(odd(c), Buffer.concat([get(c), field('cookie', 'c'.repeat(15_000))])),
    }),
    'names of 64 KiB': h2({
        perSecond: 500,
        unit: (c) => inPieces(odd(c), Buffer.concat([get(c), field('n'.repeat(65_500), 'v')])),
    }),
    'streams up to the ceiling, half a body each': h2({
        client: 'bank', connections: 32, perSecond: 5000,
        unit: (c) => (c.n < 300 ? Buffer.concat([headers(odd(c), post(c), END_HEADERS),
            data(odd(c), Buffer.from('{'))]) : null),
    }),
    'upload without end': h2({
        client: 'bank', perSecond: 2000,
        unit: (c) => (c.n === 0 ? headers(1, post(c), END_HEADERS)
            : data(1, Buffer.alloc(16384, 32))),
    }),
    'garbage after the preface': h2({
        hello: PREFACE, perSecond: 2000, unit: (c) => Buffer.alloc(64, c.n + 0x80),
    }),
    'half a preface, then silence': h2({
        hello: PREFACE.subarray(0, 12), connections: 500, again: 100, perSecond: 1,
        unit: () => null,
    }),
    'cheap requests without right': h2({
        perSecond: 2000, unit: (c) => headers(odd(c), get(c)),
    }),
    // HTTP/1.1
    'slow heads': h1({
        connections: 500, again: 100, perSecond: 500,
        unit: (c) => (c.n === 0 ? Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
            : Buffer.from('x')),
    }),
    'slow bodies': h1({
        client: 'bank', connections: 500, again: 100, perSecond: 500,
        unit: (c) => (c.n === 0 ? HEAD1(c, 'Content-Type: application/json\r\n' +
            'Content-Length: 9000\r\n\r\n{') : Buffer.from(' ')),
    }),
    'pipelines that are not read': h1({
        connections: 100, deaf: true, perSecond: 50, control: REQUESTS,
        unit: (c) => repeat(get1(c), 50),
    }),
    'pipelining flood': h1({ perSecond: 3000, unit: get1 }),
    'chunk extensions': h1({
        client: 'bank', perSecond: 5000,
        unit: (c) => (c.n === 0 ? HEAD1(c, 'Content-Type: application/json\r\n' +
            'Transfer-Encoding: chunked\r\n\r\n') : Buffer.from('1;a=b;c=d\r\n \r\n')),
    }),
    'chunks of one byte': h1({
        client: 'bank', perSecond: 20_000,
        unit: (c) => (c.n === 0 ? HEAD1(c, 'Content-Type: application/json\r\n' +
            'Transfer-Encoding: chunked\r\n\r\n') : Buffer.from('1\r\n \r\n')),
    }),
    // TLS
    'garbage in place of TLS': raw({
        perSecond: 200, again: 200, unit: () => Buffer.alloc(512, 0x41),
    }),
    'TLS records of garbage': raw({
        perSecond: 200, again: 200,
        unit: () => Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0]), Buffer.alloc(512, 0x80)]),
    }),
    'half handshakes, held': raw({
        connections: 1000, again: 200, perSecond: 1000,
        unit: (c) => (c.n === 0 ? c.clientHello : null),
    }),
    'handshakes and nothing more': {
        alpn: 'h2', connections: 8, again: 100, perSecond: 100, on: BOTH, close: true,
        unit: () => hello2,
    },
    'tries to resume a session': {
        alpn: 'h2', connections: 8, again: 100, perSecond: 100, on: BOTH, close: true, resume: true,
        unit: () => hello2,
    },
    // Above
    'JSON: arrays in arrays, 16 KiB': h2({
        on: ['machine'], client: 'bank', perSecond: 1000,
        unit: (c) => Buffer.concat([headers(odd(c), post(c), END_HEADERS),
            data(odd(c), Buffer.alloc(16384, '['), END_STREAM)]),
    }),
    'JSON: one object of 3,000 members': h2({
        on: ['machine'], client: 'bank', perSecond: 1000,
        unit: (c) => Buffer.concat([headers(odd(c), post(c), END_HEADERS), data(odd(c),
            Buffer.from(`{${Array(2300).fill('"a":0').join(',')}}`), END_STREAM)]),
    }),
    'bodies of 16 KiB garbage': h2({
        on: ['machine'], client: 'bank', perSecond: 1000,
        unit: (c) => Buffer.concat([headers(odd(c), post(c), END_HEADERS),
            data(odd(c), Buffer.alloc(16384, 0xff), END_STREAM)]),
    }),
    'bodies over HTTP/1.1 that are no JSON': h1({
        on: ['machine'], client: 'bank', perSecond: 2000, unit: (c) => body1(c, '[['.repeat(500)),
    }),
    'refusals without end': h2({
        on: ['machine'], client: 'notary', connections: 8, perSecond: 2000, control: ASKS,
        unit: (c) => Buffer.concat([headers(odd(c), post(c), END_HEADERS),
            data(odd(c), c.refused, END_STREAM)]),
    }),
};
