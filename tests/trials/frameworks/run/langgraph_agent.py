"""LangGraph with its instrumentation, set up by OpenTelemetry's own variables: a graph of an agent and its tool."""

import sys
from typing import Annotated, TypedDict

from openinference.instrumentation.langchain import LangChainInstrumentor

from telemetry import tracer_provider

LangChainInstrumentor().instrument(tracer_provider=tracer_provider())

from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition


@tool
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


class State(TypedDict):
    messages: Annotated[list, add_messages]


model = ChatOpenAI(model="gpt-4o-mini", max_retries=0, max_tokens=500).bind_tools([get_weather])
builder = StateGraph(State)
builder.add_node("agent", lambda state: {"messages": [model.invoke(state["messages"])]})
builder.add_node("tools", ToolNode([get_weather]))
builder.add_edge(START, "agent")
builder.add_conditional_edges("agent", tools_condition)
builder.add_edge("tools", "agent")
answer = builder.compile(name="weather_graph").invoke(
    {"messages": [HumanMessage(sys.argv[1])]}, {"recursion_limit": 200}
)
print(answer["messages"][-1].content)
