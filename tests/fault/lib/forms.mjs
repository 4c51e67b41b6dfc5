// Forms of HTTP/1.1 that two readers could take differently (request smuggling), and of TLS that
// must not be. Each is sent with another request behind it: it is refused and the connection ended
// before that is read, or both are read, in the one way that RFC 9112 has.
import { HOST, raw } from '../../e2e/lib/client.mjs';
import { run } from '../../e2e/lib/command.mjs';
import { serve } from '../../e2e/lib/server.mjs';

const BEHIND = 'GET /behind HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const WAIT_MS = 15_000;
const ENDED_MS_MAX = 8000; // before any limit of time would have ended it
const REFUSED = ['400'];
const CUT = ['404']; // answered from its head, before the fault in its body; ended all the same
const BOTH = ['404', '404'];
const post = (fields, body = '') => `POST /nothing HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n${body}`;
const get = (line, fields = 'Host: localhost\r\n') => `${line}\r\n${fields}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

export const FORMS = [
    ['Content-Length and Transfer-Encoding', post(`Content-Length: 5\r\n${CHUNKED}`, '0\r\n\r\n'),
        REFUSED],
    ['Transfer-Encoding and Content-Length', post(`${CHUNKED}Content-Length: 5\r\n`, '0\r\n\r\n'),
        REFUSED],
    ['two Content-Length that differ', post('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello'),
        REFUSED],
    ['two Content-Length alike', post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'), REFUSED],
    ['Content-Length as a list', post('Content-Length: 5, 5\r\n', 'hello'), REFUSED],
    ['Content-Length with a plus', post('Content-Length: +5\r\n', 'hello'), REFUSED],
    ['Content-Length below zero', post('Content-Length: -1\r\n'), REFUSED],
    ['Content-Length in hexadecimal', post('Content-Length: 0x5\r\n', 'hello'), REFUSED],
    ['Content-Length of 2^64 + 5', post('Content-Length: 18446744073709551621\r\n', 'hello'), REFUSED],
    ['Content-Length that is empty', post('Content-Length: \r\n'), REFUSED],
    ['Transfer-Encoding: xchunked', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), REFUSED],
    ['Transfer-Encoding: identity', post('Transfer-Encoding: identity\r\n'), REFUSED],
    ['Transfer-Encoding: gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
        REFUSED],
    ['Transfer-Encoding: chunked, chunked', post('Transfer-Encoding: chunked, chunked\r\n',
        '0\r\n\r\n'), REFUSED],
    ['Transfer-Encoding twice', post(`${CHUNKED}${CHUNKED}`, '0\r\n\r\n'), REFUSED],
    ['Transfer-Encoding after a vertical tab', post('Transfer-Encoding:\x0bchunked\r\n',
        '0\r\n\r\n'), REFUSED],
    ['Transfer-Encoding after a space before the colon', post('Transfer-Encoding : chunked\r\n',
        '0\r\n\r\n'), REFUSED],
    ['a folded line', post('X: a\r\n Content-Length: 5\r\n'), REFUSED],
    ['a folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'), REFUSED],
    ['a field without colon', post('Content-Length\r\n'), REFUSED],
    ['a field without name', post(': 5\r\n'), REFUSED],
    ['lines that end in LF', 'GET /nothing HTTP/1.1\nHost: localhost\n\n', REFUSED],
    ['a bare CR in a value', post('X: a\rContent-Length: 5\r\n', 'hello'), REFUSED],
    ['a bare LF in a value', post('X: a\nContent-Length: 5\r\n', 'hello'), REFUSED],
    ['a NUL in a value', post('X: a\0b\r\n'), REFUSED],
    ['a NUL in a name', post('X\0: a\r\n'), REFUSED],
    ['a NUL in the target', get('GET /a\0b HTTP/1.1'), REFUSED],
    ['two spaces in the request line', get('GET  /nothing HTTP/1.1'), REFUSED],
    ['a tab in the request line', get('GET\t/nothing HTTP/1.1'), REFUSED],
    ['a target with a space', get('GET /a b HTTP/1.1'), REFUSED],
    ['HTTP/1.0', get('GET /nothing HTTP/1.0'), REFUSED],
    ['HTTP/0.9', 'GET /nothing\r\n', REFUSED],
    ['HTTP/2.0 in the request line', get('GET /nothing HTTP/2.0'), REFUSED],
    ["HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', REFUSED],
    ['no Host', get('GET /nothing HTTP/1.1', ''), REFUSED],
    ['two Hosts', get('GET /nothing HTTP/1.1', 'Host: a\r\nHost: b\r\n'), REFUSED],
    ['a Host with a path', get('GET /nothing HTTP/1.1', 'Host: a/b\r\n'), REFUSED],
    ['a chunk size of 2^64', post(CHUNKED, '10000000000000000\r\nx'), CUT],
    ['a chunk size of 9 digits', post(CHUNKED, '000000005\r\nhello\r\n0\r\n\r\n'), CUT],
    ['a chunk size with 0x', post(CHUNKED, '0x5\r\nhello\r\n0\r\n\r\n'), CUT],
    ['a chunk size below zero', post(CHUNKED, '-5\r\nhello\r\n0\r\n\r\n'), CUT],
    ['a chunk size before a space', post(CHUNKED, '5 \r\nhello\r\n0\r\n\r\n'), CUT],
    ['a chunk size that ends in LF', post(CHUNKED, '5\nhello\r\n0\r\n\r\n'), CUT],
    ['a chunk longer than its size', post(CHUNKED, '5\r\nhello!\r\n0\r\n\r\n'), CUT],
    ['a chunk extension with a bare LF', post(CHUNKED, '5;a\nhello\r\n0\r\n\r\n'), CUT],
    ['a chunk extension over the ceiling', post(CHUNKED, `5;${'a'.repeat(300)}\r\nhello\r\n0\r\n\r\n`),
        CUT],
    ['Content-Length among the trailers', post(CHUNKED, '0\r\nContent-Length: 99\r\n\r\n'), CUT],
    ['a folded trailer', post(CHUNKED, '0\r\nX: a\r\n b\r\n\r\n'), CUT],
    ['Expect of something else', post('Expect: 200-ok\r\nContent-Length: 5\r\n', 'hello'), REFUSED],
    ['CONNECT with a path', get('CONNECT /nothing HTTP/1.1'), REFUSED],
    ['* with GET', get('GET * HTTP/1.1'), REFUSED],
    ['a target without slash', get('GET nothing HTTP/1.1'), REFUSED],
    ['two empty lines before', `\r\n\r\n${get('GET /nothing HTTP/1.1')}`, REFUSED],
    // Read, in one way.
    ['one empty line before', `\r\n${get('GET /nothing HTTP/1.1')}`, BOTH],
    ['absolute-form and another Host', get('GET https://other/nothing HTTP/1.1'), BOTH],
    ['Content-Length', post('Content-Length: 5\r\n', 'hello'), BOTH],
    ['chunks', post(CHUNKED, '5\r\nhello\r\n0\r\n\r\n'), BOTH],
    ['a request within a body', post(`Content-Length: ${BEHIND.length}\r\n`, BEHIND), BOTH],
    ['a request within a chunk', post(CHUNKED, `${BEHIND.length.toString(16)}\r\n${BEHIND}\r\n` +
        '0\r\n\r\n'), BOTH],
    ['Content-Length of a GET', get('GET /nothing HTTP/1.1',
        'Host: localhost\r\nContent-Length: 5\r\n') + 'hello', BOTH],
    ['an upgrade to h2c', get('GET /nothing HTTP/1.1', 'Host: localhost\r\nUpgrade: h2c\r\n' +
        'Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'), BOTH],
    ['an upgrade to a websocket', get('GET /nothing HTTP/1.1', 'Host: localhost\r\n' +
        'Upgrade: websocket\r\nConnection: Upgrade\r\n'), BOTH],
];

// Which forms were not met as they must be: [name, listener, what came].
export async function tryForms(server, demo) {
    const bad = [];
    const one = async ([name, bytes, wanted], listener) => {
        const machine = listener === 'machine';
        const begun = Date.now();
        const said = await raw({ ca: demo.ca, ...(machine ? demo.client('bank') : {}),
            port: machine ? server.port : server.publicPort },
        Buffer.from(bytes + BEHIND, 'latin1'), { waitMs: WAIT_MS }).catch((error) => error.message);
        const statuses = [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
        const ended = Date.now() - begun < ENDED_MS_MAX;
        if (statuses.join() !== wanted.join() || !ended) {
            bad.push([name, listener, `${statuses.join()}${ended ? '' : ', and not ended'}`]);
        }
    };
    for (const listener of ['machine', 'public']) {
        await Promise.all(FORMS.map((form) => one(form, listener)));
    }
    return bad;
}

// What openssl's own client is told when it asks for what is not to be had.
const TLS_FORMS = [
    ['renegotiation', ['-tls1_2'], 'R\n', /no renegotiation|wrong state|write:errno/i],
    ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], '', /alert protocol version/],
    ['compression', ['-comp', '-tls1_2'], 'Q\n', /Compression: NONE/],
    ['no common protocol', ['-alpn', 'ftp'], '', /alert no application protocol/],
    ['a secret of 1024 bits', ['-tls1_2', '-cipher', 'DHE:@SECLEVEL=0'], '', /alert handshake failure/],
    ['no forward secrecy', ['-tls1_2', '-cipher', 'kRSA:@SECLEVEL=0'], '', /alert handshake failure/],
];

export async function tryTlsForms(server) {
    const bad = [];
    for (const port of [server.port, server.publicPort]) {
        for (const [name, args, input, wanted] of TLS_FORMS) {
            const { stdout, stderr } = await run('openssl', ['s_client', '-connect',
                `${HOST}:${port}`, ...args], { input, timeoutMs: 5000 });
            if (!wanted.test(stdout + stderr)) {
                bad.push([name, port === server.port ? 'machine' : 'public',
                    (stdout + stderr).slice(-200)]);
            }
        }
    }
    return bad;
}

export async function forms(demo) {
    const server = await serve(demo);
    const bad = [...await tryForms(server, demo), ...await tryTlsForms(server)];
    await server.stop();
    const refused = FORMS.filter(([, , wanted]) => wanted !== BOTH).length;
    console.log(`${FORMS.length} forms of HTTP/1.1 on two listeners: ${refused} to be refused with ` +
        `the connection, ${FORMS.length - refused} to be read in one way; ${TLS_FORMS.length} of ` +
        `TLS; ${bad.length} met otherwise`);
    return bad.map((row) => row.join(', '));
}
