// One ask in every language that is spoken here (JSON, OSIA, the messages of one-stop systems): the
// decision, what is given and what is recorded are the same, whichever it came in.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { verifyReceipt } from './lib/answer.mjs';
import { subjectOf, unknownId } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { OsiaClient } from './lib/osia.mjs';
import { addBusiness } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const PEOPLE = 10;
const FIELDS = ['full_name', 'birth_date', 'sex', 'nationality', 'marital_status',
    'permanent_residence'];
// The register's fields that these tests ask for, and what OSIA calls them.
const NAMES = { sex: 'gender', birth_date: 'dateOfBirth', full_name: 'fullName',
    nationality: 'nationality', marital_status: 'maritalStatus' };
let demo;
let server;
let json;
let osia;

before(async () => {
    demo = await demonstration('languages');
    await addBusiness(demo, 'NV-LANGUAGES', 'bank', { fields: FIELDS,
        services: 'citizen.lookup,citizen.verify', args: ['--verify-per-claim'] });
    server = await serve(demo, { args: ['--ndxp-case', 'MaHoSo'] });
    const options = { port: server.port, ca: demo.ca, ...demo.client('bank') };
    json = new Http2Client(options);
    osia = new OsiaClient(options,
        { business: 'NV-LANGUAGES', file: 'HS-1', person: demo.samples()[0] });
});
after(async () => {
    await json?.close();
    await osia?.close();
    await server?.stop();
    demo?.remove();
});

// What stands in the record, without what is another's in every ask: time, id, salted digests.
function essence({ entry, opened }) {
    const { _sd, t, ...told } = entry;
    const { ask, ...said } = opened;
    return { ...told, ...said };
}

const byJson = async (service, ask) => {
    const answer = await json.post(`/v1/${service}`, { business: 'NV-LANGUAGES', case: 'HS-1', ...ask });
    return { answer, record: verifyReceipt(answer.json, demo.vkey) };
};
const byOsia = async (answer) => {
    const ask = answer.headers['dancu-ask'];
    const again = await json.get(`/v1/receipts/${ask}?opening=1`);
    return { answer, record: verifyReceipt(again.json, demo.vkey) };
};
const wordOf = (field, value) => (field === 'sex' ? Number(value) : value);

// The same ask both ways; the records must not tell them apart.
async function both(native, foreign) {
    const one = await native;
    const other = await foreign.then(byOsia);
    assert.deepEqual(essence(other.record), essence(one.record));
    return [one.answer, other.answer];
}

describe('a look-up', () => {
    test('gives the same values and leaves the same record', async () => {
        for (const person of demo.samples().slice(0, PEOPLE)) {
            const fields = Object.keys(NAMES);
            const [one, other] = await both(
                byJson('lookup', { subject: subjectOf(person), fields }),
                osia.with({ person }).readPersonAttributes(Object.values(NAMES)));
            for (const field of fields) {
                assert.deepEqual(other.json[NAMES[field]], wordOf(field, one.json.person[field]));
            }
        }
    });

    test('is refused for the same reason, which is recorded as the same', async () => {
        const [person] = demo.samples();
        const rows = [
            [{ subject: subjectOf(person), fields: ['sex', 'blood_group'] },
                (client) => client.readPersonAttributes(['gender', 'bloodGroup']), {}],
            [{ subject: { ...subjectOf(person), name: 'Không Ai' }, fields: ['sex'] },
                (client) => client.readPersonAttributes(['gender']),
                { person: { ...person, full_name: 'Không Ai' } }],
            [{ subject: { ...subjectOf(person), id: unknownId(3) }, fields: ['sex'] },
                (client) => client.readPersonAttributes(['gender']),
                { person: { ...person, id: unknownId(3) } }],
            [{ subject: subjectOf(person), fields: ['sex'], case: '' },
                (client) => client.readPersonAttributes(['gender']), { file: '' }],
            [{ subject: subjectOf(person), fields: ['sex'], business: 'NV-HCM-RESIDENCE' },
                (client) => client.readPersonAttributes(['gender']),
                { business: 'NV-HCM-RESIDENCE' }],
        ];
        for (const [ask, call, changes] of rows) {
            const [one, other] = await both(byJson('lookup', ask), call(osia.with(changes)));
            assert.equal(other.status, one.status);
        }
    });
});

describe('a verification', () => {
    const claims = (person) => [
        { field: 'sex', value: person.sex },
        { field: 'birth_date', value: person.birth_date },
        { field: 'nationality', value: 'FR' },
        { field: 'permanent_residence', member: 'province',
            value: person.permanent_residence.province },
    ];
    const values = (person) => ({
        gender: Number(person.sex), dateOfBirth: person.birth_date, nationality: 'FR',
        'permanentResidence.province': person.permanent_residence.province,
    });

    test('has the same truth in every form, and the same record', async () => {
        for (const person of demo.samples().slice(0, PEOPLE)) {
            const client = osia.with({ person });
            const subject = subjectOf(person);
            const [one, other] = await both(
                byJson('verify', { subject, claims: claims(person) }),
                client.verifyPersonAttributes(Object.entries(values(person))
                    .map(([name, value]) => [name, '=', value])));
            assert.deepEqual(one.json.result, { verified: false });
            assert.equal(other.json, false);
            const [each, mismatches] = await both(
                byJson('verify', { subject, claims: claims(person), per_claim: true }),
                client.matchPersonAttributes(values(person)));
            assert.deepEqual(each.json.result, { claims: [true, true, false, true] });
            assert.deepEqual(mismatches.json, [{ attributeName: 'nationality', errorCode: 1 }]);
            const [truth, verdict] = await both(
                byJson('verify', { subject, claims: claims(person).slice(0, 1) }),
                client.verify({ gender: Number(person.sex) }));
            assert.deepEqual(truth.json.result, { verified: true });
            assert.equal(verdict.json.verificationCode, 0);
        }
    });
});

describe('a one-stop system', () => {
    const BUSINESS = 'NV-HCM-1.004222';
    const OFFICER = 'CB-HCM-01';
    const plain = (name) => name.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'D')
        .replace(/ /g, '').toUpperCase();
    const inside = (text, name) =>
        text.match(new RegExp(`<(?:\\w+:)?${name}(?: [^>]*)?>([^]*?)</(?:\\w+:)?${name}>`))?.[1];
    let client;
    let number = 0;

    before(() => {
        client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
    });
    after(() => client?.close());

    // As such systems send it; its contract is the WSDL, not docs/openapi.yaml.
    const message = async (operation, integration, person, more = '') => {
        const values = Object.entries({ MaYeuCau: `NN-${process.pid}-${++number}`,
            MaDVC: '1.004222', MaTichHop: integration, MaCanBo: OFFICER, MaDonVi: '000.00.00.H29',
            MaHoSo: 'HS-1', SoDinhDanh: person.id, HoVaTen: plain(person.full_name) })
            .map(([name, value]) => `<dan:${name}>${value}</dan:${name}>`).join('');
        const date = person.birth_date.replaceAll('-', '');
        const { text } = await client.send({ method: 'POST', path: '/ndxp/v1',
            headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml' },
            body: '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
                `xmlns:dan="http://dancuquocgia.bca"><soapenv:Body><dan:${operation}>${values}` +
                '<dan:NgayThangNamSinh><dan:NgayThangNam>' +
                `${date}</dan:NgayThangNam></dan:NgayThangNamSinh>${more}` +
                `</dan:${operation}></soapenv:Body></soapenv:Envelope>` });
        const told = inside(text, 'BienNhan')?.replace(/&lt;/g, '<').replace(/&gt;/g, '>')
            .replace(/&#13;/g, '\r').replace(/&amp;/g, '&');
        assert.ok(told, text);
        const record = verifyReceipt(JSON.parse(told), demo.vkey);
        // How the business was found, which the others name.
        const { procedure, unit, ...request } = record.opened.request;
        assert.deepEqual([procedure, unit], ['1.004222', '000.00.00.H29']);
        return { text, record: { ...record, opened: { ...record.opened, request } } };
    };
    const native = async (service, person, ask) => {
        const answer = await client.post(`/v1/${service}`, { business: BUSINESS, case: 'HS-1',
            officer: OFFICER, subject: { ...subjectOf(person), name: plain(person.full_name) },
            ...ask });
        return { answer, record: verifyReceipt(answer.json, demo.vkey) };
    };
    const people = () => demo.samples().filter((one) => one.birth_date.length === 10 &&
        one.permanent_residence.province === '79').slice(0, PEOPLE);

    test('is told the same truth in three languages, under the same record', async () => {
        const standard = osia.with({ client, business: BUSINESS,
            more: { 'dancu-officer': OFFICER } });
        for (const person of people()) {
            for (const [province, truth] of [['79', true], ['01', false]]) {
                const soap = await message('XacThucThongTinCongDan', '033', person,
                    `<dan:ThuongTru><dan:MaTinhThanh>${province}</dan:MaTinhThanh></dan:ThuongTru>`);
                const name = plain(person.full_name); // which a message always claims
                const one = await native('verify', person, { claims: [
                    { field: 'permanent_residence', member: 'province', value: province },
                    { field: 'full_name', value: name }] });
                const other = await standard.with({ person: { ...person, full_name: name } })
                    .verifyPersonAttributes([['permanentResidence.province', '=', province],
                        ['fullName', '=', name]]);
                const again = await client.get(
                    `/v1/receipts/${other.headers['dancu-ask']}?opening=1`);
                assert.equal(inside(soap.text, 'TonTai'), String(truth));
                assert.deepEqual(one.answer.json.result, { verified: truth });
                assert.equal(other.json, truth);
                assert.deepEqual(essence(soap.record), essence(one.record));
                assert.deepEqual(essence(verifyReceipt(again.json, demo.vkey)),
                    essence(one.record));
            }
        }
    });

    test('gets the same record of a person, by message and natively', async () => {
        for (const person of people()) {
            const soap = await message('TraCuuThongTinCongDan', '037', person);
            const { fields } = soap.record.opened.request;
            const one = await native('lookup', person, { fields });
            assert.deepEqual(essence(soap.record), essence(one.record)); // the answer's digest too
            assert.equal(inside(soap.text, 'GioiTinh'), one.answer.json.person.sex);
        }
    });
});
