"""A record's headers, read so that what cannot be read is an error."""

from operator import methodcaller

#: `Message.headers()`, or SystemError if a name is not UTF-8. Ask a message once: confluent-kafka's second answer is
#: a list with a hole in it, at which the process crashes. Where `message.headers()` is written that may be the first
#: answer: an interpreter that has learnt what is called there looks for no error behind a result. Here it looks.
headers_of = methodcaller("headers")
