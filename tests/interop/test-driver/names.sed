s/@test/"dom":{"name":"test","uuid":"6695eb01-f6a4-8304-79aa-97f2502e193f","id":1}/g
s/@off/"dom":{"name":"off","uuid":"11111111-1111-1111-1111-111111111111","id":-1}/g
s/@paused/"dom":{"name":"paused","uuid":"22222222-2222-2222-2222-222222222222","id":2}/g
s/@fleeting/"dom":{"name":"fleeting","uuid":"33333333-3333-3333-3333-333333333333","id":3}/g
s/@saved/"dom":{"name":"saved","uuid":"44444444-4444-4444-4444-444444444444","id":-1}/g
s/@crashed/"dom":{"name":"crashed","uuid":"55555555-5555-5555-5555-555555555555","id":4}/g
s/@none/"dom":{"name":"none","uuid":"99999999-9999-9999-9999-999999999999","id":-1}/g
s/@new/"dom":{"name":"new","uuid":"66666666-6666-6666-6666-666666666666","id":-1}/g
