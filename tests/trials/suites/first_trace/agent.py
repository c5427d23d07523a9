"""The agent of a user of LangGraph, with the lines of the guide."""

import os

# guide: docs/guide/start/python.md python 1

from typing import Annotated, TypedDict

from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition
from langchain_core.tools import tool


@tool
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


class State(TypedDict):
    messages: Annotated[list, add_messages]


model = ChatOpenAI(model="gpt-4o-mini", base_url=os.environ["OPENAI_BASE_URL"]).bind_tools([get_weather])
builder = StateGraph(State)
builder.add_node("agent", lambda state: {"messages": [model.invoke(state["messages"])]})
builder.add_node("tools", ToolNode([get_weather]))
builder.add_edge(START, "agent")
builder.add_conditional_edges("agent", tools_condition)
builder.add_edge("tools", "agent")
graph = builder.compile(name="weather")

# guide: docs/guide/start/python.md python 2
