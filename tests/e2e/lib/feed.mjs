// A source system of a test: its keys, its sets of changes, signed by Node's own crypto, and whom it
// changes: a model of people that knows what each change is to come to.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Http2Client } from './client.mjs';
import { sleep } from './command.mjs';
import { originOf, Signer } from './officers.mjs';

const TYPE = 'dancu-changes+json';
const JWS_BYTES_MAX = 190_000;
export const CHANGES_MAX = 1000;
const TRIES_MAX = 200;

export class Source extends Signer {
    number = 1; // of the next set

    set(changes, { number = this.number, header, ...more } = {}) {
        return this.jws({ aud: this.origin, number, changes, ...more },
            header ?? { alg: 'ES256', kid: this.code, typ: TYPE });
    }
}

// Made by hand, so in a home that has no officers.
export async function makeSource(demo, code, kind) {
    const client = await demo.issue(`source-${code}`);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicPath = path.join(demo.dir, 'clients', `source-${code}`, 'sign.pub.pem');
    const keyPath = path.join(demo.dir, 'clients', `source-${code}`, 'sign.pem');
    writeFileSync(publicPath, publicKey.export({ type: 'spki', format: 'pem' }));
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(keyPath, pem, { mode: 0o600 });
    await demo.act('source', 'add', code, '--name', `Nguồn ${code}`, '--kind', kind, '--cert',
        client.certPath, '--public-key', publicPath);
    const source = new Source(code, pem, client, originOf(demo));
    source.keyPath = keyPath;
    return source;
}

export const deskClient = (server, demo, source) => new Http2Client({ port: server.port + 2,
    ca: demo.ca, cert: source.client.cert, key: source.client.key });

export const post = (client, jws) => client.post('/v1/changes', jws,
    { 'content-type': 'application/jose' });

// Sends one set until it has an answer, over whatever dies meanwhile.
export async function deliver(link, jws) {
    for (let tries = 0; ; tries++) {
        try {
            link.client ??= link.open();
            const answer = await post(link.client, jws);
            if (answer.status !== 503) {
                return answer;
            }
        } catch (error) {
            if (tries === TRIES_MAX || error.code === 'ERR_ASSERTION') {
                throw error;
            }
            link.client?.destroy();
            link.client = null;
        }
        link.again = (link.again ?? 0) + 1;
        await sleep(50);
    }
}

const pad = (number, len) => String(number).padStart(len, '0');
const MOVED_TO = [
    { country: 'VN', province: '79', district: '760', ward: '26734', detail: null, list: '2021-07-01' },
    { country: 'VN', province: '01', district: null, ward: '00070', detail: 'Ngõ 1', list: '2025-07-01' },
];

// People as a straight import would have them, and random changes of them. Everybody's number has
// the demonstration's last part; new ones come from a block that the generator does not use.
export class Population {
    constructor(people, random) {
        this.random = random; // () => 0..1
        this.byId = new Map();
        this.ids = [];
        this.cmnds = new Set();
        this.born = 0;
        for (const person of people) {
            this.#add({ protected: false, locked: false, ...person });
        }
    }

    #add(person) {
        this.byId.set(person.id, person);
        this.ids.push(person.id);
        if (person.cmnd !== null) {
            this.cmnds.add(person.cmnd);
        }
    }

    #pick(list) {
        return list[Math.floor(this.random() * list.length)];
    }

    #newId() {
        return `1${pad(this.born++, 5)}9${pad(Math.floor(this.random() * 100_000), 5)}`;
    }

    #newCmnd() {
        let cmnd;
        do {
            cmnd = `98${pad(Math.floor(this.random() * 10_000_000), 7)}`;
        } while (this.cmnds.has(cmnd));
        return cmnd;
    }

    birth() {
        const like = this.byId.get(this.#pick(this.ids));
        const { id: _, protected: __, locked: ___, ...rest } = like;
        const id = this.#newId();
        const set = { ...rest, cmnd: null, full_name: `Bé ${like.full_name}`.slice(0, 40).trim(),
            birth_date: '2026-05-01', marital_status: '1', household: null, relatives: null,
            death_or_missing: null };
        this.#add({ id, ...set, protected: false, locked: false });
        return { kind: 'birth', id, set };
    }

    // What is set, by kind; a value that is there already would change nothing, and is not sent.
    #setOf(kind, person) {
        switch (kind) {
        case 'moved':
            return { current_residence: { ...this.#pick(MOVED_TO),
                detail: `Số ${Math.floor(this.random() * 1e6)}` } };
        case 'married':
            return { marital_status: person.marital_status === '2' ? '3' : '2' };
        case 'died':
            return { death_or_missing: person.death_or_missing === null
                ? { kind: 'dead', date: '2026-06-01' } : null };
        case 'card_issued':
            return { cmnd: this.#newCmnd() };
        case 'protected':
            return { protected: !person.protected };
        default:
            return this.random() < 0.2 ? { id: this.#newId() }
                : { full_name: `${person.full_name.split(' ').slice(0, 3).join(' ')} ${
                    this.#pick(['An', 'Bình', 'Chi', 'Dũng', 'Hoà', 'Lan'])}` };
        }
    }

    change() {
        const roll = this.random();
        if (roll < 0.05) {
            return this.birth();
        }
        const kind = this.#pick(['moved', 'moved', 'married', 'died', 'card_issued', 'protected',
            'corrected']);
        const at = Math.floor(this.random() * this.ids.length);
        const id = this.ids[at];
        const person = this.byId.get(id);
        const set = this.#setOf(kind, person);
        if (Object.entries(set).every(([name, value]) =>
            JSON.stringify(person[name]) === JSON.stringify(value))) {
            return this.change();
        }
        if (set.cmnd !== undefined) {
            this.cmnds.delete(person.cmnd);
            this.cmnds.add(set.cmnd);
        }
        const next = { ...person, ...set };
        if (set.id !== undefined) {
            this.byId.delete(id);
            this.ids[at] = set.id;
        }
        this.byId.set(next.id, next);
        return { kind, id, set };
    }

    // Changes until a set is full.
    changes(most) {
        const list = [];
        for (let bytes = 0; list.length < most && bytes < JWS_BYTES_MAX * 0.7;) {
            const change = this.change();
            bytes += Buffer.byteLength(JSON.stringify(change)) + 1;
            list.push(change);
        }
        return list;
    }
}
