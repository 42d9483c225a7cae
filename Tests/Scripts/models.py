#!/usr/bin/env python3
"""Holds what the tests of ModelServices take for model services against the services' own libraries from PyPI.

The recorded answers (Tests/ModelServicesTests/Recordings) are served on loopback and read by `openai` and `anthropic`: both
must find in them what the tests say stands there. The requests that our code writes (Requests beside them) are held against
the types that the libraries give for requests.

usage: models.py [DIRECTORY OF ModelServicesTests]
"""
import http.server
import json
import pathlib
import sys
import threading

import anthropic
import openai
import pydantic
from anthropic.types import message_create_params
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params

TESTS = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "ModelServicesTests")
RECORDINGS, REQUESTS = TESTS / "Recordings", TESTS / "Requests"


class Service(http.server.BaseHTTPRequestHandler):
    """Answers every request with the recording that the model is called by."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write((RECORDINGS / f"{body['model']}.sse").read_bytes())

    def log_message(self, *arguments):
        pass


def chat(base, name):
    """What the library of chat completions reads."""
    client = openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0)
    text, thinking, calls, reason, usage = "", "", {}, None, None
    stream = client.chat.completions.create(
        model=name, messages=[{"role": "user", "content": "x"}], stream=True, stream_options={"include_usage": True})
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            thinking += getattr(choice.delta, "reasoning_content", None) or ""
            reason = choice.finish_reason or reason
            for part in choice.delta.tool_calls or []:
                call = calls.setdefault(part.index, {"id": part.id, "name": part.function.name, "arguments": ""})
                call["arguments"] += part.function.arguments or ""
    cached = usage.prompt_tokens_details.cached_tokens
    return {
        "text": text, "thinking": thinking, "toolCalls": read(calls.values()),
        "stopReason": {"stop": "stop", "length": "length", "tool_calls": "toolUse"}[reason],
        "usage": counts(usage.prompt_tokens - cached, usage.completion_tokens, cached, 0)}


def responses(base, name):
    """What the library of Responses reads."""
    client = openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0)
    with client.responses.stream(model=name, input="x") as stream:
        for _ in stream:
            pass
        answer = stream.get_final_response()
    thinking = ["\n\n".join(part.text for part in item.summary) for item in answer.output if item.type == "reasoning"]
    calls = [
        {"id": f"{item.call_id}|{item.id}", "name": item.name, "arguments": item.arguments}
        for item in answer.output if item.type == "function_call"]
    cached = answer.usage.input_tokens_details.cached_tokens
    return {
        "text": answer.output_text, "thinking": "".join(thinking), "toolCalls": read(calls),
        "stopReason": "toolUse" if calls else {"completed": "stop", "incomplete": "length"}[answer.status],
        "usage": counts(answer.usage.input_tokens - cached, answer.usage.output_tokens, cached, 0)}


def messages(base, name):
    """What Anthropic's library reads."""
    client = anthropic.Anthropic(base_url=base, api_key="none", max_retries=0)
    with client.messages.stream(model=name, max_tokens=9, messages=[{"role": "user", "content": "x"}]) as stream:
        answer = stream.get_final_message()
    calls = [
        {"id": block.id, "name": block.name, "arguments": json.dumps(block.input)}
        for block in answer.content if block.type == "tool_use"]
    return {
        "text": "".join(block.text for block in answer.content if block.type == "text"),
        "thinking": "".join(block.thinking for block in answer.content if block.type == "thinking"),
        "toolCalls": read(calls),
        "stopReason": {"end_turn": "stop", "max_tokens": "length", "tool_use": "toolUse"}[answer.stop_reason],
        "usage": counts(
            answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.cache_read_input_tokens,
            answer.usage.cache_creation_input_tokens)}


def read(calls):
    return [{**call, "arguments": json.loads(call["arguments"])} for call in calls]


def counts(read, written, cache_read, cache_written):
    return {"input": read, "output": written, "cacheRead": cache_read, "cacheWrite": cache_written}


FORMATS = {
    "openai-completions": (chat, completion_create_params.CompletionCreateParamsStreaming),
    "openai-responses": (responses, response_create_params.ResponseCreateParamsStreaming),
    "anthropic-messages": (messages, message_create_params.MessageCreateParamsStreaming),
}


# What others who speak the format have added to it: the thoughts that a model wants back with its calls.
ADDED = ".reasoning_content"


def format_of(path):
    return next(FORMATS[name] for name in FORMATS if path.name.startswith(name))


def unknown(value, model, path=""):
    """The members of `value` that the library's types do not have: what they take over is held against what was sent."""
    if isinstance(value, dict) and isinstance(model, dict):
        for name, member in value.items():
            if name not in model:
                yield f"{path}.{name}"
            else:
                yield from unknown(member, model[name], f"{path}.{name}")
    elif isinstance(value, list):
        model = list(model)
        for index, element in enumerate(value):
            yield from unknown(element, model[index] if index < len(model) else None, f"{path}[{index}]")
    elif value != model:
        yield path


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    faults = 0
    recordings = sorted(RECORDINGS.glob("*.sse"))
    for path in recordings:
        expected = json.loads(path.with_suffix(".json").read_text())
        found = format_of(path)[0](base, path.stem)
        if found != expected:
            faults += 1
            print(f"{path.name}: the library reads {found}\n  and the tests say {expected}")
    requests = sorted(REQUESTS.glob("*.json"))
    for path in requests:
        body = json.loads(path.read_text())
        # Lists are checked when they are read, and only while the adapter is there.
        adapter = pydantic.TypeAdapter(format_of(path)[1])
        try:
            taken = json.loads(json.dumps(adapter.validate_python(body), default=list))
        except pydantic.ValidationError as error:
            faults += 1
            print(f"{path.name}: {error}")
            continue
        for place in unknown(body, taken):
            if place.endswith(ADDED):
                continue
            faults += 1
            print(f"{path.name}: the library's types have no {place}")
    print(f"{len(recordings)} answers, {len(requests)} requests, {faults} faults")
    return 1 if faults or len(recordings) < 7 or len(requests) < 4 else 0


sys.exit(main())
