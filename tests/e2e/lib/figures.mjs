// Transparency figures counted from a log's entries, and a server that gives files as badly as it is
// told: both share nothing with `dancu ledger figures`.
import { once } from 'node:events';
import https from 'node:https';

const VIETNAM_MS = 7 * 3_600_000;
const WORDS = ['month', 'kind', 'class', 'channel', 'service', 'outcome'];

// Lines as the command tells them, sorted by their words.
export function figuresOf(entries) {
    const lines = new Map();
    for (const text of entries) {
        const { t, kind, class: party, channel, service, outcome } = JSON.parse(text.toString());
        const month = new Date(Date.parse(t) + VIETNAM_MS).toISOString().slice(0, 7);
        const line = { month, kind, class: party, channel, service, outcome };
        const key = WORDS.map((word) => line[word] ?? '').join('\0');
        const known = lines.get(key) ?? { ...line, count: 0 };
        known.count++;
        lines.set(key, known);
    }
    return [...lines.keys()].sort().map((key) => lines.get(key));
}

// Answers GET by `answer(response, path, number of the request)`; gives its URL and close().
export async function fileServer({ cert, key }, answer) {
    let number = 0;
    const server = https.createServer({ cert, key }, (request, response) =>
        answer(response, request.url.slice('/log/'.length), number++));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        url: `https://localhost:${server.address().port}/log/`,
        close: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}
