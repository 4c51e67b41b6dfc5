// What a test of searches wants granted besides what the demonstration has.
export const SEARCH = 'NV-HCM-SEARCH';
export const LOOKUP = 'NV-HCM-FOUND';

async function grant(demo, code, services, fields) {
    await demo.act('business', 'add', '--code', code, '--party', 'hcm-onestop',
        '--services', services, '--channels', 'province_one_stop', '--purpose', 'Giải quyết thủ tục',
        '--legal-basis', 'Luật Cư trú 2020', '--quota-day', '1000000000', '--fields', fields);
    await demo.act('business', 'grant', code, '--reason', 'Trình diễn');
}

// Idempotent: a home that was used before has them.
export async function grantSearch(demo) {
    const { stdout } = await demo.dancu(['business', 'list']);
    if (!stdout.includes(SEARCH)) {
        await grant(demo, SEARCH, 'citizen.search',
            'full_name,birth_date,sex,native_place,permanent_residence');
    }
    if (!stdout.includes(LOOKUP)) {
        await grant(demo, LOOKUP, 'citizen.lookup', 'full_name,sex,permanent_residence');
    }
}
