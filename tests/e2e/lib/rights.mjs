// What a demonstration does not have and tests need: more accounts, businesses and their certificates.
// Each is a recorded act, over the admin socket when the server runs.
import { KYC_FIELDS } from './asks.mjs';

export const INSTRUMENT = 'Công văn 02/C06-TTDLDC (kiểm thử)';

// Puts a whole dossier on file and connects.
export async function connectParty(demo, name, { from = day(-30), until = day(335) } = {}) {
    await demo.act('party', 'dossier', name, '--legal-basis', 'Kiểm thử', '--level', '3',
        '--level-decision', 'QĐ 01 (kiểm thử)', '--undertaking', 'ab'.repeat(32),
        '--contact', 'Người chịu trách nhiệm', '--security-contact', 'Trực an toàn');
    await demo.act('party', 'inspection', name, '--result', 'passed', '--day', from,
        '--until', until);
    await demo.act('party', 'connect', name);
}

// A party with one account of its own and a certificate, all of one name.
export async function addParty(demo, name, { class: kind = 'organisation', channel = 'guided',
    instrument = INSTRUMENT } = {}) {
    const { certPath } = await demo.issue(name);
    await demo.act('party', 'add', '--code', name, '--class', kind, '--kind', 'test',
        '--name', `Đơn vị ${name}`);
    await connectParty(demo, name);
    await demo.act('account', 'add', '--code', name, '--party', name, '--channel', channel,
        '--cert', certPath, ...(instrument ? ['--instrument', instrument] : []));
    return name;
}

export async function addBusiness(demo, code, party, {
    services = 'citizen.lookup', channels = 'guided', fields = KYC_FIELDS, quota = 1_000_000_000,
    grant = true, args = [],
} = {}) {
    await demo.act('business', 'add', '--code', code, '--party', party, '--purpose', 'Kiểm thử',
        '--legal-basis', 'Kiểm thử', '--services', services, '--channels', channels,
        '--fields', fields.join(','), '--quota-day', String(quota), ...args);
    if (grant) {
        await demo.act('business', 'grant', code);
    }
    return code;
}

// Days from today in Vietnam (UTC+7), as YYYY-MM-DD.
export function day(offset = 0) {
    return new Date(Date.now() + (7 + 24 * offset) * 3_600_000).toISOString().slice(0, 10);
}

// Hour of the day in Vietnam.
export const hour = () => new Date(Date.now() + 7 * 3_600_000).getUTCHours();
