// Unpacks the Chromium of @sparticuz/chromium, its libraries and its fonts into the folder that is named.
import { fileURLToPath } from 'node:url'

process.env.TMPDIR = process.argv[2] // The package unpacks into the temporary folder and offers no other.

const { inflate } = await import('@sparticuz/chromium')
const archives = new URL('./bin/', new URL('..', import.meta.resolve('@sparticuz/chromium')))

for (const archive of ['chromium.br', 'al2023.tar.br', 'fonts.tar.br', 'swiftshader.tar.br']) {
  await inflate(fileURLToPath(new URL(archive, archives)))
}
