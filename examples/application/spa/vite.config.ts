import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The platform writes /runtime-config.json beside the built files; `npm run dev` has no platform. */
const runtimeConfigInDevelopment: Plugin = {
  name: 'runtime-config-in-development',
  configureServer(server) {
    server.middlewares.use('/runtime-config.json', (_request, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ environment: 'local', release: 'development' }));
    });
  },
};

/** Where a pipeline wants results and coverage. */
const reports = process.env.REPORTS_DIR;

export default defineConfig({
  plugins: [react(), runtimeConfigInDevelopment],
  build: {
    // the Content-Security-Policy admits files of this origin only, no data: addresses
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { '/api': { target: 'https://localhost:8443', secure: false } },
  },
  test: {
    environment: 'jsdom',
    include: ['test/**/*.test.{ts,tsx}'],
    setupFiles: ['test/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
    reporters: reports ? ['default', ['junit', { outputFile: `${reports}/junit.xml` }]] : ['default'],
    coverage: {
      enabled: reports !== undefined,
      provider: 'v8',
      include: ['src/**'],
      reportsDirectory: reports ?? 'coverage',
      // the results are there too
      clean: false,
      reporter: [['cobertura', { file: 'coverage.xml' }]],
    },
  },
});
