// One-stop systems' SOAP messages, by a client that knows our WSDL alone and as they are sent today.
import assert from 'node:assert/strict';
import https from 'node:https';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import soap from 'soap';
import { granted } from './lib/asks.mjs';
import { Http1Client, Http2Client } from './lib/client.mjs';
import { binary, must, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { JobClient, pieces } from './lib/jobs.mjs';
import { residentKib } from './lib/proc.mjs';
import { serve } from './lib/server.mjs';

const PATH = '/ndxp/v1';
const UNIT = '000.00.00.H29';
const PROCEDURE = '1.004222';
const OFFICER = 'CB-HCM-01';
const FIELDS = ['full_name', 'birth_date', 'sex', 'nationality', 'permanent_residence',
    'current_residence', 'marital_status', 'household', 'relation_to_head', 'relatives',
    'death_or_missing'];
let demo;
let server;
let client; // of package `soap`
let raw; // HTTP/2
let person;
let number = 0;

before(async () => {
    demo = await demonstration('ndxp');
    server = await serve(demo, { edges: 1, args: ['--ndxp-case', 'MaHoSo,MaYeuCau'] });
    person = demo.samples().find((one) => one.permanent_residence.province === '79' &&
        one.birth_date.length === 10 && one.marital_status !== null);
    const { cert, key } = demo.client('hcm-onestop');
    raw = new Http2Client({ port: server.port, ca: demo.ca, cert, key });
    const wsdl = path.join(demo.dir, 'dancu.wsdl');
    writeFileSync(wsdl, (await get({ accept: 'text/xml' })).text);
    client = await soap.createClientAsync(wsdl, {
        endpoint: `https://localhost:${server.port}${PATH}` });
    client.setSecurity(new soap.ClientSSLSecurity(key, cert, demo.ca, { agent: new https.Agent({
        host: '127.0.0.1', servername: 'localhost', keepAlive: true, key, cert, ca: demo.ca }) }));
});
after(async () => {
    await raw?.close();
    await server?.stop();
    demo?.remove();
});

const request = () => `YC-${process.pid}-${++number}`;
const digits = (date) => date.replaceAll('-', '');
const plain = (name) => name.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'D')
    .replace(/ /g, '').toUpperCase();
const asked = (integration, more = {}) => ({
    MaYeuCau: request(), MaDVC: PROCEDURE, MaTichHop: integration, MaCanBo: OFFICER, MaDonVi: UNIT,
    MaHoSo: 'HS-2026/1', SoDinhDanh: person.id, HoVaTen: plain(person.full_name),
    NgayThangNamSinh: { NgayThangNam: digits(person.birth_date) }, ...more,
});

// The envelope of the systems in use, as it stands.
const envelope = (values = {}) => {
    const of = { request: request(), unit: UNIT, officer: OFFICER, id: person.id,
        name: plain(person.full_name), date: digits(person.birth_date), ...values };
    return `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:dan="http://dancuquocgia.bca"><soapenv:Header/><soapenv:Body>
 <dan:TraCuuThongTinCongDan><dan:MaYeuCau>${of.request}</dan:MaYeuCau><dan:MaDVC>${PROCEDURE}</dan:MaDVC><dan:MaTichHop>037</dan:MaTichHop><dan:MaCanBo>${of.officer}</dan:MaCanBo><dan:MaDonVi>${of.unit}</dan:MaDonVi>
  <dan:SoDinhDanh>${of.id}</dan:SoDinhDanh><dan:HoVaTen>${of.name}</dan:HoVaTen><dan:NgayThangNamSinh><dan:NgayThangNam>${of.date}</dan:NgayThangNam></dan:NgayThangNamSinh>
 </dan:TraCuuThongTinCongDan></soapenv:Body></soapenv:Envelope>`;
};
// Sent past docs/openapi.yaml, which is the contract of JSON alone: that of messages is the WSDL.
const postBy = (one, text, headers = {}) => one.send({ method: 'POST', path: PATH, body: text,
    headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml', ...headers } });
const post = (text, headers) => postBy(raw, text, headers);
const get = (headers) => raw.send({ method: 'GET', path: `${PATH}?wsdl`, headers });

const unescape = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&#13;/g, '\r')
    .replace(/&amp;/g, '&');
const inside = (text, name) =>
    text.match(new RegExp(`<(?:\\w+:)?${name}(?: [^>]*)?>([^]*?)</(?:\\w+:)?${name}>`))?.[1];
const receiptIn = (text) => JSON.parse(unescape(inside(text, 'BienNhan')));
const fault = (answer, number, code, status = 500) => {
    assert.equal(answer.status, status, answer.text);
    assert.equal(inside(answer.text, 'MaLoi'), number, answer.text);
    assert.equal(inside(answer.text, 'TuChoi'), code);
    return answer.text;
};

describe('a SOAP client that was given our WSDL', () => {
    test('gets a record in the elements of the systems in use', async () => {
        const [result] = await client.TraCuuThongTinCongDanAsync(asked('037'));
        const found = [].concat(result.CongDan)[0];
        assert.equal(found.SoDinhDanh, person.id);
        assert.equal(found.HoVaTen.Ten, person.full_name);
        assert.equal(found.GioiTinh, person.sex);
        assert.equal(found.TinhTrangHonNhan, person.marital_status);
        assert.equal(found.NgayThangNamSinh.NgayThangNam, digits(person.birth_date));
        assert.equal(found.ThuongTru.MaTinhThanh, person.permanent_residence.province);
        assert.equal(found.ThuongTru.ChiTiet, person.permanent_residence.detail);
        assert.equal(found.ChuHo.HoVaTen, person.household.head.full_name);
        assert.equal(found.DanToc, undefined); // not granted
    });

    test('is told yes and no', async () => {
        const truth = async (operation, values) =>
            (await client[`${operation}Async`](values))[0].TonTai;
        const residence = (province) => ({ ThuongTru: { MaTinhThanh: province } });
        assert.equal(await truth('XacThucThongTinCongDan', asked('033')), true);
        assert.equal(await truth('XacThucThongTinCongDan', asked('033', residence('79'))), true);
        assert.equal(await truth('XacThucThongTinCongDan', asked('033', residence('01'))), false);
        assert.equal(await truth('XacThucThongTinCongDan',
            asked('033', { HoVaTen: 'KHONGPHAITENNAY' })), false); // a miss
        assert.equal(await truth('XacMinhTinhTrangHonNhan',
            asked('099', { TinhTrangHonNhan: person.marital_status })), true);
        assert.equal(await truth('XacMinhTinhTrangChetMatTich', asked('099')), false);
        assert.equal(await truth('XacMinhThongTinChuHo',
            asked('099', { ChuHo: { HoVaTen: person.household.head.full_name } })), true);
    });

    test('gets a household', async () => {
        const [result] = await client.CungCapThongTinHoGiaDinhAsync(asked('034'));
        const found = [].concat(result.CongDan)[0];
        assert.equal(found.SoSoHoKhau, person.household.number);
        assert.equal(found.ChuHo.HoVaTen, person.household.head.full_name);
    });

    test('gets a refusal as a fault with the code in use', async () => {
        await assert.rejects(client.TraCuuThongTinCongDanAsync(asked('037', { MaDVC: '9.999999' })),
            (error) => {
                assert.equal(error.root.Envelope.Body.Fault.detail.Loi.MaLoi, '004');
                return true;
            });
    });
});

describe('the envelope as it is sent today', () => {
    for (const kind of [Http1Client, Http2Client]) {
        test(`is answered over ${kind.label}, with a receipt that anyone can check`, async () => {
            const one = new kind({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
            const answer = await postBy(one, envelope(),
                { 'content-type': 'text/xml;charset=UTF-8', soapaction: '""' });
            assert.equal(answer.status, 200, answer.text);
            assert.equal(inside(answer.text, 'Ten'), person.full_name);
            const file = path.join(demo.dir, 'answer.json');
            const json = receiptIn(answer.text);
            assert.deepEqual(json.person, granted(person, FIELDS));
            writeFileSync(file, JSON.stringify(json));
            await must(binary, ['receipt', 'verify', file, '--vkey', demo.vkeyFile]);
            await one.close();
        });
    }

    test('is answered for every spelling of the name, and for the year where it is allowed',
        async () => {
            for (const name of [person.full_name, person.full_name.normalize('NFD'),
                person.full_name.toUpperCase(), plain(person.full_name)]) {
                assert.equal((await post(envelope({ name }))).status, 200, name);
            }
            const year = envelope().replace(/<dan:NgayThangNam>.*<\/dan:NgayThangNam>/,
                `<dan:Nam>${person.birth_date.slice(0, 4)}</dan:Nam>`);
            assert.equal((await post(year)).status, 200);
        });

    test('that comes twice has the same record; another one under its number is refused and recorded',
        async () => {
            const one = envelope();
            const first = await post(one);
            const again = await post(one.replace(/>\s+</g, '><'));
            assert.equal(receiptIn(again.text).ask, receiptIn(first.text).ask);
            const other = demo.samples().find((who) => who.id !== person.id &&
                who.permanent_residence.province === '79');
            const text = fault(await post(one.replace(person.id, other.id)), '150',
                'request_conflict');
            assert.match(receiptIn(text).receipt.entry, /"outcome":"request_conflict"/);
            assert.equal(receiptIn((await post(one)).text).ask, receiptIn(first.text).ask);
        });

    test('for nobody, or another unit, is a fault with its code and receipt', async () => {
        assert.match(fault(await post(envelope({ id: '079090999999' })), '140',
            'subject_not_available'), /BienNhan/);
        assert.match(fault(await post(envelope({ unit: '000.00.00.X99' })), '004',
            'business_not_granted'), /BienNhan/);
    });
});

describe('who is named', () => {
    const other = 'so-tu-phap';
    const unit = '000.00.01.H29';
    before(async () => {
        const today = new Date(Date.now() + 7 * 3600_000).toISOString().slice(0, 10);
        await demo.act('party', 'add', '--code', other, '--class', 'state', '--kind', 'province_agency',
            '--name', 'Sở Tư pháp (trình diễn)', '--identification', unit);
        await demo.act('party', 'dossier', other, '--legal-basis', 'Trình diễn', '--level', '3',
            '--level-decision', 'QĐ 01', '--undertaking', '0'.repeat(64), '--contact', 'A',
            '--security-contact', 'B');
        await demo.act('party', 'inspection', other, '--result', 'passed', '--day', today, '--until',
            today, '--report', '0'.repeat(64));
        await demo.act('party', 'connect', other, '--reason', 'Trình diễn');
        await demo.act('business', 'add', '--code', 'NV-STP', '--party', other, '--purpose', 'Hộ tịch',
            '--legal-basis', 'Luật Hộ tịch', '--services', 'citizen.lookup', '--channels',
            'province_one_stop', '--fields', 'full_name,sex', '--quota-day', '100', '--procedure',
            PROCEDURE);
        await demo.act('business', 'grant', 'NV-STP', '--reason', 'Trình diễn');
    });

    test('an officer who is not registered with the operator is refused, and recorded', async () => {
        assert.match(fault(await post(envelope({ officer: 'CB-LA' })), '005',
            'operator_not_allowed'), /BienNhan/);
    });

    test('another unit is asked for only by an operator that it is registered with', async () => {
        fault(await post(envelope({ unit })), '005', 'operator_not_allowed');
        await demo.act('operator', 'parties-put', 'hcm-onestop', '--parties', other);
        const answer = await post(envelope({ unit }));
        assert.equal(answer.status, 200, answer.text);
        const json = receiptIn(answer.text);
        assert.deepEqual(json.person, granted(person, ['full_name', 'sex']));
        const opened = json.opening.map((text) => JSON.parse(Buffer.from(text, 'base64url')));
        const value = (name) => opened.find(([, found]) => found === name)[2];
        assert.equal(value('party'), other);
        assert.equal(value('business'), 'NV-STP');
        assert.deepEqual(value('agent'),
            { account: 'hcm-onestop', officer: OFFICER, operator: 'hcm-onestop' });
    });
});

describe('bad messages', () => {
    const bomb = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">${'bcdefghi'.split('').map((name, i) =>
        `<!ENTITY ${name} "${`&${'abcdefgh'[i]};`.repeat(10)}">`).join('')}]><a>&i;</a>`;
    const deep = '<a>'.repeat(3000);
    const soap12 = () => envelope().replace('http://schemas.xmlsoap.org/soap/envelope/',
        'http://www.w3.org/2003/05/soap-envelope');
    const demanding = () => envelope().replace('<soapenv:Header/>', '<soapenv:Header><w:S xmlns:w="urn:w" ' +
        'soapenv:mustUnderstand="1"/></soapenv:Header>');
    for (const [what, text, expected] of [
        ['an entity bomb', () => bomb, /document type/],
        ['an external entity', () => '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
            /document type/],
        ['a deep nesting', () => deep, /deep/],
        ['a huge attribute', () => `<a ${'b="'.padEnd(20000, 'x')}"/>`, null],
        ['another encoding', () => '<?xml version="1.0" encoding="UTF-16"?><a/>', /encoding/],
        ['garbage', () => 'garbage', /well-formed/],
        ['another namespace', () => envelope().replace('http://dancuquocgia.bca', 'urn:other'),
            /operation/],
        ['SOAP 1.2', soap12, /VersionMismatch/],
        ['a header that must be understood', demanding, /MustUnderstand/],
    ]) {
        test(`${what} is a clear fault`, async () => {
            const answer = await post(text(), { 'accept-language': 'en' });
            assert.equal(answer.status, expected === null ? 413 : 500);
            assert.match(answer.text, /<soapenv:Fault>/);
            assert.match(answer.text, expected ?? /too_large/);
        });
    }

    test('100 MB are refused and hold no memory', async () => {
        const flood = new Http2Client({ port: server.port, ca: demo.ca,
            ...demo.client('hcm-onestop') });
        const answer = await postBy(flood, '<a>'.padEnd(100 << 20, 'x')).catch((error) => error);
        assert.ok(answer instanceof Error || answer.status === 413); // it goes on sending
        flood.destroy();
        const [{ pid }] = (await server.processes()).filter((one) => /^edge/.test(one.process));
        assert.ok(residentKib(pid) < 128 << 10, `${residentKib(pid)} KiB`);
        assert.equal((await post(envelope())).status, 200);
    });

    test('what is wrong at the door is a fault too', async () => {
        const { status, text } = await get({ accept: 'application/json' });
        assert.equal(status, 406);
        assert.match(text, /<soapenv:Fault>/);
        fault(await post(envelope(), { 'content-type': 'application/soap+xml' }), '105',
            'unsupported_media_type', 415);
    });
});

describe('requests that take longer than an answer', () => {
    const LINES = 55; // more than one page
    const all = (list) => [].concat(list ?? []);
    let jobs;
    let job;
    const list = (operation, criteria, more = {}) => client[`${operation}Async`]({
        MaYeuCau: request(), MaDVC: PROCEDURE, MaTichHop: '099', MaCanBo: OFFICER, MaDonVi: UNIT,
        MaHoSo: 'HS-2026/9', ...criteria, ...more }).then(([result]) => result);
    const call = (operation, values) => client[`${operation}Async`](values).then(([result]) => result);
    const refused = async (promise, number, pattern = /./) => {
        await assert.rejects(promise, (error) => {
            assert.ok(error.root, error);
            const { MaLoi, ThamSo } = error.root.Envelope.Body.Fault.detail.Loi;
            assert.equal(MaLoi, number, error.body);
            assert.match(JSON.stringify(ThamSo ?? ''), pattern);
            return true;
        });
    };

    before(async () => {
        jobs = new JobClient({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
        const people = demo.samples();
        const ask = (i) => ({ business: 'NV-HCM-1.004222', case: `HS-${i}`, officer: OFFICER,
            fields: ['full_name', 'sex'], subject: { id: people[i].id, name: people[i].full_name,
                birth_date: people[i].birth_date } });
        const { json, text } = await jobs.submit({ business: 'NV-HCM-1.004222',
            headers: { 'idempotency-key': 'NATIVE-1' },
            body: pieces(Array.from({ length: LINES }, (_, i) => JSON.stringify(ask(i)))) });
        assert.ok(json.id, text);
        job = await jobs.settled(json.id);
    });

    test('a result of many records comes in pages, and as the file that it natively is', async () => {
        const native = [];
        for await (const line of jobs.result(job.id)) {
            native.push(line);
        }
        const first = await call('GetResultDetailAsRecords', { MaYeuCau: 'NATIVE-1' });
        assert.equal(first.DongSau, '51');
        const second = await call('GetResultDetailAsRecords', { SoYeuCau: job.id, TuDong: first.DongSau });
        assert.equal(second.DongSau, undefined);
        const records = [...all(first.BanGhi), ...all(second.BanGhi)];
        assert.equal(records.length, LINES);
        records.forEach((record, i) => {
            const { answer, problem } = native[i];
            assert.equal(Number(record.Dong), i + 1);
            assert.deepEqual(JSON.parse(record.BienNhan), answer ?? problem);
            assert.equal(record.TuChoi, problem?.code);
            const found = record.CongdanCollection && all(record.CongdanCollection.CongDan)[0];
            assert.equal(found?.HoVaTen.Ten, answer?.person.full_name);
        });
        assert.ok(records.some(({ TuChoi }) => TuChoi) && records.some(({ CongdanCollection }) => CongdanCollection));
        let file = '';
        for (let from = '1'; from !== undefined;) {
            const part = await call('GetResultDetailAsFile', { MaYeuCau: 'NATIVE-1', TuDong: from });
            assert.equal(part.Kieu, 'application/x-ndjson');
            file += Buffer.from(part.NoiDung, 'base64').toString();
            from = part.DongSau;
        }
        assert.deepEqual(file.trimEnd().split('\n').map((line) => JSON.parse(line)), native);
        const result = await call('GetRequestResult', { MaYeuCau: 'NATIVE-1' });
        assert.deepEqual([result.TongSo, result.SoDongMoiTrang, result.DiaChi],
            [String(LINES), '50', `/v1/jobs/${job.id}/result`]);
    });

    test('a list is asked for, seen and withdrawn by its own account alone', async () => {
        const number = request();
        const criteria = { MaTinhThanh: '79', NgayDanhMuc: '2021-07-01', TuTuoi: '18', GioiTinh: '1' };
        const asked = await list('CungCapDanhSachTheoDiaPhuong', criteria, { MaYeuCau: number });
        assert.equal(asked.TrangThai, 'asked');
        assert.equal(asked.NghiepVu, 'NV-HCM-LISTS');
        const again = await list('CungCapDanhSachTheoDiaPhuong', criteria, { MaYeuCau: number });
        assert.equal(again.SoYeuCau, asked.SoYeuCau);
        await refused(list('CungCapDanhSachTheoGioiTinh', { GioiTinh: '2' }, { MaYeuCau: number }), '150');
        const of = { MaYeuCau: number };
        const detail = await call('GetRequestDetail', of);
        assert.equal(detail.TieuChi,
            'permanent_residence.province=79@2021-07-01 and age>=18 and sex=1');
        assert.deepEqual([detail.MaHoSo, detail.MaCanBo], ['HS-2026/9', OFFICER]);
        assert.equal(all((await call('GetRequestHistory', of)).SuKien)[0].TrangThai, 'asked');
        await refused(call('GetResultDetailAsRecords', of), '151');
        const numbers = all((await call('GetRequests', {})).YeuCau).map(({ MaYeuCau }) => MaYeuCau);
        assert.deepEqual(numbers.slice(0, 2), [number, 'NATIVE-1']);
        const other = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('ministry-onestop') });
        const status = (name) => envelope().replace(/<dan:TraCuu[^]*<\/dan:TraCuuThongTinCongDan>/,
            `<dan:GetRequestStatus><dan:MaYeuCau>${name}</dan:MaYeuCau></dan:GetRequestStatus>`);
        for (const name of [number, 'NOBODY-1']) {
            fault(await postBy(other, status(name)), '101', 'not_found');
        }
        await other.close();
        for (let i = 0; i < 2; i++) {
            assert.equal((await call('DeleteRequest', of)).TrangThai, 'expired');
        }
        const { json: { jobs: kept } } = await jobs.list();
        assert.deepEqual(kept[0].history.map(({ state }) => state), ['asked', 'cancelled', 'expired']);
    });

    test('a list that is approved is given in pages, and one that is refused says why', async () => {
        const [wanted, unwanted] = [request(), request()];
        const criteria = { TuTuoi: '6', DenTuoi: '7', MaTinhThanh: '79', NgayDanhMuc: '2021-07-01' };
        const ids = [];
        for (const number of [wanted, unwanted]) {
            const { SoYeuCau } = await list('CungCapDanhSachTheoDoTuoi', criteria, { MaYeuCau: number });
            ids.push(SoYeuCau);
        }
        const { TieuChi, MaHoSo } = await call('GetRequestDetail', { MaYeuCau: wanted });
        await demo.act('extract', 'approve', 'DS-SOAP', '--account', 'hcm-onestop', '--business',
            'NV-HCM-LISTS', '--case', MaHoSo, '--criteria', TieuChi, '--fields', 'full_name,sex', '--cap',
            '5000', '--until', new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10),
            '--reason', 'Trình diễn', '--request', ids[0]);
        await demo.act('extract', 'refuse', 'DS-NO', '--account', 'hcm-onestop', '--request', ids[1],
            '--reason', 'Quá rộng');
        const state = (number, state) => until(`${number} is ${state}`, async () => {
            const found = await call('GetRequestStatus', { MaYeuCau: number });
            return found.TrangThai === state && found;
        });
        const { TongSo } = await state(wanted, 'done');
        assert.equal((await state(unwanted, 'refused')).LyDo, 'Quá rộng');
        assert.ok(Number(TongSo) > 100, TongSo); // three pages
        const records = [];
        for (let from = '1'; from !== undefined;) {
            const part = await call('GetResultDetailAsRecords', { MaYeuCau: wanted, TuDong: from });
            records.push(...all(part.BanGhi));
            from = part.DongSau;
        }
        const native = [];
        for await (const line of jobs.result(ids[0])) {
            native.push(line);
        }
        assert.equal(native.length, Number(TongSo));
        assert.deepEqual(records.map(({ Dong, BienNhan }) => ({ answer: JSON.parse(BienNhan), line: Number(Dong) })),
            native);
        assert.deepEqual(records.map(({ CongdanCollection: { CongDan } }) => all(CongDan)[0].HoVaTen.Ten),
            native.map(({ answer }) => answer.person.full_name));
        const { SuKien } = await call('GetRequestHistory', { MaYeuCau: wanted });
        assert.deepEqual(all(SuKien).map(({ TrangThai }) => TrangThai), ['asked', 'waiting', 'running', 'done']);
    });

    test('what no list is drawn by, and who may not ask for one, is refused with the reason', async () => {
        await refused(list('CungCapDanhSachTheoDanToc', {}), '112', /DanToc/);
        await refused(list('CungCapDanhSachTheoTonGiao', {}), '112', /TonGiao/);
        await refused(list('CungCapDanhSachTheoNhomMau', {}), '112', /NhomMau/);
        await refused(list('CungCapDanhSachTheoDoTuoi', {}), '100', /CungCapDanhSachTheoDoTuoi/);
        const sex = { GioiTinh: '1' };
        await refused(list('CungCapDanhSachTheoGioiTinh', sex, { MaDVC: '9.999999' }), '004');
        await refused(list('CungCapDanhSachTheoGioiTinh', sex, { MaDonVi: '000.00.00.X99' }), '004');
        await refused(list('CungCapDanhSachTheoGioiTinh', sex, { MaCanBo: 'CB-LA' }), '005');
        await refused(call('GetRequestStatus', {}), '100', /GetRequestStatus/);
    });

    test('a list is asked for in JSON as well', async () => {
        const body = { business: 'NV-HCM-LISTS', case: 'HS-1', fields: ['full_name'],
            criteria: 'permanent_residence.province=79@2021-07-01 and age>=18' };
        const asked = await raw.post('/v1/list-jobs', body);
        assert.equal(asked.status, 202, asked.text);
        assert.equal(asked.headers.location, `/v1/jobs/${asked.json.id}`);
        assert.deepEqual(asked.json.wish, { ...body, officer: null });
        const { stdout } = await demo.dancu(['list-request', 'list', asked.json.id]);
        assert.deepEqual(JSON.parse(stdout), { account: 'hcm-onestop', asked: asked.json.created,
            code: asked.json.id, wish: asked.json.wish }); // as officers see it
        const bad = await raw.post('/v1/list-jobs', { ...body, criteria: 'list=SECRET', case: '' });
        assert.equal(bad.status, 400);
        assert.deepEqual(bad.json.invalid_params.map(({ name }) => name), ['/case', '/criteria']);
        assert.equal((await raw.post('/v1/list-jobs', { ...body, business: 'NV-HCM-1.004222' })).status, 403);
    });
});

test('a case that nobody names is for the core to refuse, which records it', async () => {
    await raw.close();
    await server.stop();
    server = await serve(demo, { edges: 1 });
    raw = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });
    assert.match(fault(await post(envelope()), '120', 'case_missing'), /BienNhan/);
    const named = envelope().replace('<soapenv:Header/>',
        '<soapenv:Header><dan:MaHoSo>HS-1</dan:MaHoSo></soapenv:Header>');
    assert.equal((await post(named)).status, 200);
});
