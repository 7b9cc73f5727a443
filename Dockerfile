# The server with what it needs to run, and nothing that builds or tests it.
FROM node:24-bookworm-slim AS build
WORKDIR /source
COPY . .
RUN npm run bootstrap
RUN .tools/node_modules/.bin/pnpm --config.inject-workspace-packages=true --filter @proxy/node-server deploy --prod /app

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app .
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["serve", "--config", "/etc/api-proxy/proxy.config.yaml"]
