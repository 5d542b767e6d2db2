// KafkaSSE as its README sets it up: node server.js PORT BROKERS TOPIC. Each client has a Kafka consumer of its own.
"use strict";
const http = require("node:http");
const kafkaSse = require("kafka-sse");

const [port, brokers, topic] = process.argv.slice(2);
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error: console.error, child: () => quiet };
const options = { kafkaConfig: { "metadata.broker.list": brokers }, allowedTopics: [topic], logger: quiet };

http
  .createServer((request, response) => {
    if (request.url !== "/stream") {
      response.writeHead(404).end();
      return;
    }
    kafkaSse(request, response, [topic], options).catch(console.error);
  })
  .listen(Number(port), "127.0.0.1", 4096);
