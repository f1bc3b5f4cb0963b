# Evergrant in a container: the compiled program and its production dependencies, not root, no build tools.
#
#   docker build -t evergrant .
#   docker run -p 3000:3000 -v evergrant:/data -e PUBLIC_URL=https://connect.example.com --env-file evergrant.env evergrant

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/evergrant/package.json packages/evergrant/
COPY packages/dashboard/package.json packages/dashboard/
COPY examples/package.json examples/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY packages/evergrant packages/evergrant
COPY packages/dashboard packages/dashboard
RUN npm run build -w evergrant

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/evergrant/package.json packages/evergrant/
COPY packages/dashboard/package.json packages/dashboard/
COPY examples/package.json examples/
# The optional dependencies of the workspace are Node.js for machines that lack it; the image has its own.
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev --omit=optional -w evergrant

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATABASE_URL=sqlite:/data/evergrant.db
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/packages/evergrant/package.json packages/evergrant/
COPY --from=build /app/packages/evergrant/bin packages/evergrant/bin
COPY --from=build /app/packages/evergrant/dist packages/evergrant/dist
COPY LICENSE ./
RUN install -d -o node -g node -m 0700 /data && ln -s /app/packages/evergrant/bin/evergrant.js /usr/local/bin/evergrant
USER node
# The configuration file is looked for here, and the spool lies here.
WORKDIR /data
VOLUME /data
EXPOSE 3000
# SIGTERM finishes what was sent before the process ends: give it the time (docker stop --time 60).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["evergrant", "start"]
