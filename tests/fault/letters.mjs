// Cases that are approved one after the other while processes are killed at random moments: each gets
// one disclosure by the public log and one signed letter; the numbers of the register follow each
// other, each is a letter's, and each file is there and is what another reader calls signed.
//   tests/fault/letters [--kills N] [--seed N]
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readEntry } from '../e2e/lib/answer.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { readCheckpoint } from '../e2e/lib/note.mjs';
import { addOfficer, makeOfficers } from '../e2e/lib/officers.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { randomOf } from '../e2e/lib/stats.mjs';
import { readEntries } from '../e2e/lib/tree.mjs';

const VICTIMS = ['core', 'letter', 'core', 'archive'];
const GAP_MS = 40; // a kill comes so long behind an approval at most
const JOSE = { 'content-type': 'application/jose' };

export const PLACE = { code: 'CAP', head: 'MINH', staff: ['LAN'] };

// Offices of one demonstration: each has a code, its head and its staff.
export class Office {
    async open(places = [PLACE]) {
        this.demo = await demonstration('fault-letters');
        this.signers = {};
        this.clients = {};
        const founders = await makeOfficers(this.demo);
        this.server = await serve(this.demo);
        Object.values(founders).forEach((signer) => this.admit(signer));
        this.people = this.demo.samples().filter((one) => one.birth_date.length === 10);
        for (const place of places) {
            await this.found(place);
        }
    }

    admit(signer) {
        this.signers[signer.code] = signer;
        this.clients[signer.code] = new Http2Client({ port: this.server.port + 2,
            ca: this.demo.ca, ...signer.client });
    }

    async appoint(code, roles) {
        this.admit(await addOfficer(this.demo, code, roles, (...act) => this.both(...act)));
    }

    async found({ code, head, staff }) {
        await this.both('office.add', { code, level: 'commune', province: '79', sign: code,
            name: 'Công an phường', parent: 'Công an Thành phố', place: 'Thành phố Hồ Chí Minh' });
        for (const officer of [head, ...staff]) {
            const capacity = officer === head ? 'head' : 'staff';
            if (this.signers[officer] === undefined) {
                await this.appoint(officer, ['intake', 'decide', 'approve']);
            }
            await this.both('office.member-put', { code, officer, capacity });
        }
    }

    async close() {
        Object.values(this.clients ?? {}).forEach((client) => client.destroy());
        await this.server?.stop();
        this.demo?.remove();
    }

    // The same signed act until somebody answers it: it is done once.
    async does(who, act, values) {
        const body = this.signers[who].act(act, values);
        const answer = await until(`${act} is answered`, async () => {
            const got = await this.clients[who].request({ method: 'POST', path: '/v1/acts', body,
                headers: JOSE }).catch(() => null);
            return got !== null && got.status !== 503 && got;
        });
        assert.ok([200, 202].includes(answer.status), `${act}: ${answer.text}`);
        return answer.json;
    }

    async both(act, values) {
        const { object } = await this.does('LAN', act, values);
        await this.does('HOA', 'proposal.approve', { code: object });
    }

    see(address, wanted = () => true) {
        return until(address, async () => {
            const answer = await this.clients.LAN.get(address).catch(() => null);
            return answer?.status === 200 && wanted(answer.json) && answer.json;
        });
    }

    // Looking is lost with a core that dies before it is kept: then it is done again.
    async find(who, code, person) {
        await until('somebody is found', async () => {
            await this.does(who, 'case.find', { code, name: person.full_name,
                'birth-date': person.birth_date, id: person.id });
            await sleep(20);
            return (await this.see(`/v1/cases/${code}`)).found;
        });
    }

    async decide(i, place = PLACE, who = place.staff[0]) {
        const { object: code } = await this.does(who, 'case.receive', { office: place.code,
            intake: 'desk', class: 'other', name: 'Trần Văn Xin', papers: 'id',
            number: '079090955555', 'papers-seen': 'true', purpose: 'Thừa kế', content: 'Họ tên',
            fields: 'full_name', undertaken: 'true' });
        await this.does(who, 'case.accept', { code });
        await this.find(who, code, this.people[i % this.people.length]);
        await this.does(who, 'case.propose', { code, decision: 'disclose', fields: 'full_name' });
        const { fee_due: fee, answer: { proposal } } = await this.see(`/v1/cases/${code}`);
        await this.does(who, 'case.pay', { code, vnd: String(fee), receipt: `BL-${i}` });
        await this.does(place.head, 'case.approve', { code, proposal: String(proposal) });
        return code;
    }

    async kill(name) {
        const row = await this.server.process(name).catch(() => null);
        if (row) {
            process.kill(row.pid, 'SIGKILL');
        }
    }
}

export async function published({ home, vkey }) {
    const ledger = path.join(home, 'ledger');
    const { size } = readCheckpoint(
        readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), vkey);
    const texts = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    return texts.map((text) => readEntry(text.toString()));
}

async function verifyLetters(office, codes) {
    const year = new Date(Date.now() + 7 * 3600_000).getUTCFullYear();
    const numbers = [];
    for (const code of codes) {
        const letter = await office.see(`/v1/cases/${code}/letter`,
            (json) => json.state === 'signed');
        assert.equal(letter.code, `${code}.1`, 'one letter a case');
        numbers.push(Number.parseInt(letter.number, 10));
        // By MINH: LAN has signed five acts a case, and a signer has so many a day.
        await office.does('MINH', 'case.read', { code, reason: 'Kiểm tra' });
        for (const { file } of letter.copies) {
            const { bytes } = await office.clients.MINH.get(`/v1/cases/${code}/documents/${file}`);
            assert.equal(createHash('sha256').update(bytes).digest('hex'), file);
        }
    }
    numbers.sort((a, b) => a - b);
    const { last } = await office.see(`/v1/registers/CAP.TB.${year}`);
    assert.deepEqual(numbers, Array.from({ length: last }, (_, i) => i + 1), 'no double, no gap');
    return last;
}

export async function lettersOverKills({ kills = 200, seed = 1 } = {}) {
    const office = new Office();
    const random = randomOf(seed);
    const codes = [];
    const killed = {};
    try {
        await office.open();
        for (let i = 0; i < kills; i++) {
            codes.push(await office.decide(i));
            const victim = VICTIMS[Math.floor(random() * VICTIMS.length)];
            await sleep(random() * GAP_MS);
            await office.kill(victim);
            killed[victim] = (killed[victim] ?? 0) + 1;
        }
        const letters = await verifyLetters(office, codes);
        await office.server.stop();
        const entries = await published(office.demo);
        const given = entries.filter((entry) => entry.kind === 'disclosure' &&
            entry.service === 'notice.extract');
        assert.equal(given.length, codes.length, 'one disclosure a case');
        const { status, stderr } = await office.demo.dancu(['ledger', 'verify']);
        assert.equal(status, 0, stderr);
        return { kills, killed, letters, disclosures: given.length, entries: entries.length };
    } finally {
        await office.close();
    }
}

if (process.argv[1] === import.meta.filename) {
    const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' },
        seed: { type: 'string', default: '1' } } });
    console.log(JSON.stringify(await lettersOverKills({ kills: Number(values.kills),
        seed: Number(values.seed) })));
}
