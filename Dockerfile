# Freshet in one image: the build stage compiles kernels and the web app, the run stage carries what starting needs.
FROM node:24-bookworm AS build
WORKDIR /freshet
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node freshet.ts build

FROM node:24-bookworm-slim
WORKDIR /freshet
COPY --from=build /freshet /freshet
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8099
# A browser on the host calls us localhost; other names need --allow-host.
ENTRYPOINT ["node", "--import", "./broker/runtime-check.mjs", "freshet.ts", "start", "--host", "0.0.0.0", "--data", "/data"]
HEALTHCHECK --interval=10s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:8099/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
